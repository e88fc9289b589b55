//go:build !amd64

package local

// variants lists the kernels this processor can run, fastest first.
func variants() []kernels { return []kernels{scalarKernels} }
