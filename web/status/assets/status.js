// Asks the health route and says in words what it answers: `ok`, `silent`, or nothing at all.
"use strict";

const EVERY_MS = 60_000;
const PATIENCE_MS = 10_000;

const SAYINGS = {
  ok: ["Publishing", "What is due leaves on time."],
  silent: ["Silent", "The scheduler has not been heard of for minutes: what is due waits. Nothing is lost."],
  unreachable: ["No answer", "The API cannot be reached from here."],
};

const MODES = { live: "the networks", sandbox: "a sandbox, not the networks" };

const by = (id) => document.getElementById(id);

async function ask() {
  by("again").disabled = true;
  try {
    const answer = await fetch("/api/v1/health", {
      cache: "no-store",
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    show(await answer.json());
  } catch {
    show({ status: "unreachable" });
  } finally {
    by("again").disabled = false;
  }
}

function show(said) {
  const state = Object.hasOwn(SAYINGS, said.status) ? said.status : "unreachable";
  const [word, meaning] = SAYINGS[state];
  by("state").dataset.state = state;
  by("state").textContent = word;
  by("meaning").textContent = meaning;
  by("facts").hidden = state === "unreachable";
  by("stage").textContent = said.stage ?? "";
  by("mode").textContent = MODES[said.mode] ?? said.mode ?? "";
  by("version").textContent = said.version ?? "";
  moment(by("tick"), said.last_tick_at);
  moment(by("asked"), new Date().toISOString());
}

function moment(element, text) {
  const at = new Date(text ?? NaN);
  const known = !Number.isNaN(at.valueOf());
  element.dateTime = known ? at.toISOString() : "";
  element.textContent = known ? at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" }) : "never";
}

by("again").addEventListener("click", ask);
setInterval(ask, EVERY_MS);
ask();
