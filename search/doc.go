// Package search answers a question from one user's memory.
//
// The way of a question, one file per step: check → plan (what kind of question is
// this, how far is each leg to be trusted) → gather (all legs at once, each behind its
// own bulkhead, breaker and deadline) → fuse (calibrated scores added up) → hydrate
// (read from the truth, filters checked there) → explain. Planning, fusing and
// filtering are pure functions.
//
// What may come in: reading through the ports, ranking, and what keeps a search within
// its deadline, and what tells a cache later whether an answer still holds (Trace). What may
// not: writing, caching (package cache wraps this one), HTTP,
// workflow engines, drivers of stores.
package search
