// Package pikatest holds one conformance suite per port of package pika and the
// deterministic fakes that tests share.
//
// A suite states a port's contract as tests; every implementation runs it from its
// own test in a few lines, embedded and real ones alike, and a defect found in one
// implementation becomes a case for all. What may come in: suites, fakes that pass
// them, and wrappers that inject faults. What may not: knowledge of any one
// implementation.
package pikatest
