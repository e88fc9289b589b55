// Package workers is where Pika meets Temporal: the connection with its encrypting
// codec, the engine that starts and describes jobs, the workers that run them, and
// the one place that translates errors into Temporal failures.
//
// What may come in: queues, registration, limits of workers, codecs, interceptors.
// What may not: what a job does (package workflows) and how (package activities).
package workers
