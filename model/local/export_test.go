package local

// Variants names the kernels that this processor can run, fastest first.
func Variants() []string {
	var names []string
	for _, k := range variants() {
		names = append(names, k.name)
	}
	return names
}
