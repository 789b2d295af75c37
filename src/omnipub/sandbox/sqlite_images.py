"""Pictures and uploads in the sandbox's SQLite file."""

import hashlib
import json

from omnipub.sandbox.image_uploads import kind_of
from omnipub.sandbox.sqlite_file import SqliteFile
from omnipub.strict_json import loads


class SqlitePictures:
    """Fills the port `Pictures`."""

    def __init__(self, database: SqliteFile) -> None:
        self._database = database

    def keep(self, content: bytes, *, alt: str = "") -> dict[str, str] | None:
        """Store a picture; None if the bytes are no PNG, JPEG or GIF."""
        kind = kind_of(content)
        if kind is None:
            return None
        sha = hashlib.sha256(content).hexdigest()
        self._database.run("INSERT OR IGNORE INTO pictures VALUES (?, ?, ?)", sha, kind, content)
        return {"sha": sha, "content_type": kind, "alt": alt}

    def open(self, sha: str) -> tuple[str, bytes] | None:
        """Content type and bytes of a kept picture."""
        row = self._database.row("SELECT content_type, bytes FROM pictures WHERE sha = ?", sha)
        return None if row is None else (str(row["content_type"]), bytes(row["bytes"]))

    def begin(self, network: str, account: str, *, pattern: str, picture: dict[str, str] | None = None) -> str:
        """Start an upload; its id is `pattern` with a number that is never used twice."""
        stored = None if picture is None else json.dumps(picture)
        sql = "INSERT INTO uploads (network, account, id, picture) VALUES (?, ?, ?, ?)"
        with self._database.alone():
            number = self._database.insert(sql, network, account, "", stored)
            name = pattern.format(number)
            self._database.run("UPDATE uploads SET id = ? WHERE number = ?", name, number)
        return name

    def fill(self, network: str, upload: str, picture: dict[str, str]) -> None:
        """The bytes of a started upload arrived."""
        sql = "UPDATE uploads SET picture = ? WHERE network = ? AND id = ?"
        self._database.run(sql, json.dumps(picture), network, upload)

    def owner(self, network: str, upload: str) -> str | None:
        """The account that started an upload; None if nobody did."""
        row = self._database.row("SELECT account FROM uploads WHERE network = ? AND id = ?", network, upload)
        return None if row is None else str(row["account"])

    def uploaded(self, network: str, account: str, upload: str) -> dict[str, str] | None:
        """The picture of an account's upload; None if its bytes never arrived here."""
        sql = "SELECT picture FROM uploads WHERE network = ? AND account = ? AND id = ?"
        row = self._database.row(sql, network, account, upload)
        if row is None or row["picture"] is None:
            return None
        picture: dict[str, str] = loads(row["picture"], lenient=True)
        return picture

    def clear(self) -> None:
        """Forget every picture and upload; numbers go on."""
        self._database.run("DELETE FROM pictures")
        self._database.run("DELETE FROM uploads")
