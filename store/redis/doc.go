// Package redis is the cache of production: pika.Cache on one Redis server of version
// 7 or later, or on a cluster of them.
//
// What may come in: values that expire, epochs, leases and messages, and everything
// that is particular to Redis and its Go client (go-redis v9). What may not: anything
// that must not be lost, and any key or policy; keys are made and times to live chosen
// by package cache.
//
// Everything stored expires by itself, so that any maxmemory-policy but noeviction
// keeps a full server useful. Commands name one key each, or keys of one hash tag: a
// cluster takes them as they are.
package redis
