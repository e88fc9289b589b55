// Package milvus is the vector index of production: pika.Vectors and pika.Rows on a
// Milvus server, with indexes for CPUs and GPUs by configuration.
//
// What may come in: rows of scope, id and vector, how they are indexed, searched,
// compared and erased, and everything that is particular to Milvus and its Go SDK
// (milvus-sdk-go v2.4.2). What may not: text, validity or names, anything that the
// truth decides, and which model is the active one.
//
// A corpus of one embedding model is one collection, so that models live side by
// side until `pika reindex` has switched. Searches ask for bounded staleness: rows
// are shown some 200 ms after they were acknowledged, and the caller overlays those
// that are not shown yet. ListRows waits until it sees every acknowledged write.
package milvus
