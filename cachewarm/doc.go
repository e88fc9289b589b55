// Package cachewarm makes answers before anybody asks for them, and decides how long
// answers are kept.
//
// What may come in: which questions are answered ahead for whom, when that must stop, and
// how the time of a class of answers follows from what became of them. What may not: how an
// answer is made or kept (packages search and cache), and when all this runs (package
// workflows).
package cachewarm
