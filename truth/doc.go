// Package truth is what every store of facts, messages and jobs does alike: what a
// commit changes, which times a row can hold, how lists are cut into pages, what is
// said of a job's items. A store adds its own SQL and nothing else, so that two stores
// cannot come to different ends from the same calls.
//
// What may come in: pure functions over the types of package pika. What may not: SQL,
// drivers, contexts, locks.
package truth
