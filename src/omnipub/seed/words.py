"""The words of invented messages: openings, subjects and closings that combine into thousands of plain texts."""

OPENINGS = (
    "Save the date:",
    "New in our shop:",
    "From the workshop:",
    "Good news for everyone nearby:",
    "Looking back on this week:",
    "A question for you:",
    "Behind the scenes:",
    "Now in English and German:",
    "Tomorrow at nine:",
    "For all who missed it:",
    "Just published:",
    "Our recommendation for the weekend:",
)

SUBJECTS = (
    "our guide to moving a database without downtime",
    "the autumn market in the old town hall",
    "three openings in the support team",
    "a longer evening in the reading room",
    "how we cut the build from forty minutes to six",
    "the new bicycle stands at the north gate",
    "an open rehearsal of the youth orchestra",
    "what we learned from a year of on-call duty",
    "fresh apples from the orchard next door",
    "the recording of last week's talk",
    "a beginners' course in sign language",
    "what the new timetable means for the village",
    "a free check of your smoke detectors",
    "the winners of the photo competition",
    "release notes that people read",
    "an hour with the people who keep the archive",
)

CLOSINGS = (
    "Come by, and bring somebody along.",
    "The link has the details.",
    "Write to us if you have questions.",
    "Places are limited; first come, first served.",
    "Thanks to everybody who helped.",
    "Tell us what you think.",
    "Entry is free.",
    "More in the comments.",
    "We look forward to seeing you! 🎉",
    "Grüße aus der Werkstatt!",
)

HASHTAGS = ("news", "events", "openday", "team", "howto", "weekend", "culture", "hiring")

FIRST_NAMES = ("Ada", "Grace", "Edsger", "Barbara", "Linus", "Radia", "Tim", "Hedy", "Donald", "Frances")
LAST_NAMES = ("Ahlers", "Brandt", "Castillo", "Dubois", "Eriksen", "Fontana", "Göransson", "Horváth", "Ito", "Jansen")
