// Package paraphrase decides whether two questions ask the same, by their words, in
// Vietnamese and English: "Tôi thích món gì?" and "cho mình hỏi tôi thích món gì nhỉ" do,
// "Tôi không thích món gì?" does not, however near its vector is. It answers no more often
// than it must: what it cannot tell apart for sure it refuses.
//
// What may come in: guards, each of which reads one thing of a question (what it denies,
// its numbers, whose it is, …), and the word lists that they read by (words.txt). What may
// not: vectors, anything of a user, thresholds.
package paraphrase
