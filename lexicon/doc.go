// Package lexicon knows what common words of Vietnamese and English mean:
// which words say the same in either language (Concepts), which say nothing of what is
// looked for (FunctionWord), which diacritics belong on Vietnamese that was typed
// without them (Restore), and what a message says without greetings and noise (Clean).
//
// What may come in: word lists of the project's own, each in a text file that people
// can read and mend, and pure functions over them. What may not: anything of a user,
// weights of a ranking, models.
package lexicon
