// Package cache decorates the ports of package pika so that nothing is paid for
// twice: a text embedded once has its vector, a chunk read once has its facts, a
// question answered once its answer for as long as that holds.
//
// A decorator implements the port it wraps, keeps its contract, and can be left out.
// Whatever goes wrong with the cache itself is a miss and never an error of the call:
// a cache may make an answer faster, not fail it and not change it.
//
// What may come in: decorators, and every cache key (key.go) with its version. What
// may not: user text in a key, answers of one scope for another, and the storage of
// values, which is behind pika.Cache.
package cache
