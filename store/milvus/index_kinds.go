package milvus

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pikamem/pika"
)

// automatic is the value of a number that is chosen for each search or model.
const automatic = "0"

// kind is what the server knows of an IndexKind.
type kind struct {
	server     string // its name there
	maxHits    int    // of one search
	parameters []parameter
}

// parameter is a parameter of an index: a number from least to most, or one of words.
type parameter struct {
	name     string // in the configuration
	server   string // on the wire
	search   bool   // it belongs to searches, not to the build
	standard string
	least    int
	most     int
	words    []string
}

var (
	truth  = []string{"true", "false"}
	nlist  = parameter{name: "nlist", server: "nlist", standard: "128", least: 1, most: 65_536}
	nprobe = parameter{name: "nprobe", server: "nprobe", search: true, standard: automatic, most: 65_536}
	ef     = parameter{name: "ef", server: "ef", search: true, standard: automatic, most: 32_768}
	nbits  = parameter{name: "nbits", server: "nbits", standard: "8", least: 1, most: 16}
	parts  = parameter{name: "m", server: "m", standard: automatic, most: maxDimensions}
	onGPU  = parameter{name: "cache_dataset_on_device", server: "cache_dataset_on_device", standard: "false", words: truth}
)

// The limits of one search that the server's documentation names for GPU indexes.
const (
	maxHitsOnGPU      = 1024
	maxHitsBruteForce = 4096
)

// kinds are the indexes with the limits of server and SDK. An nprobe of 0 means every
// list: a filter by user leaves few rows, spread over all lists, and skipping rows of
// others is cheap; what lists save is memory, not this work. An ef of 0 means
// clamp(4k, 64, 256), or 5k beyond 64 hits, a reorder_k of 0 max(4k, 64), an itopk_size of 0 k, an m of 0
// the largest divisor of the dimensions that leaves 2 to each part.
var kinds = map[IndexKind]kind{
	HNSW: {"HNSW", pika.MaxVectorLimit, []parameter{
		{name: "m", server: "M", standard: "32", least: 4, most: 64},
		{name: "ef_construction", server: "efConstruction", standard: "200", least: 8, most: 512},
		ef,
	}},
	Flat:    {"FLAT", pika.MaxVectorLimit, nil},
	IVFFlat: {"IVF_FLAT", pika.MaxVectorLimit, []parameter{nlist, nprobe}},
	IVFSQ8:  {"IVF_SQ8", pika.MaxVectorLimit, []parameter{nlist, nprobe}},
	IVFPQ:   {"IVF_PQ", pika.MaxVectorLimit, []parameter{nlist, parts, nbits, nprobe}},
	SCANN: {"SCANN", pika.MaxVectorLimit, []parameter{
		nlist,
		{name: "with_raw_data", server: "with_raw_data", standard: "true", words: truth},
		nprobe,
		{name: "reorder_k", server: "reorder_k", search: true, standard: automatic, most: pika.MaxVectorLimit},
	}},
	GPUCagra: {"GPU_CAGRA", maxHitsOnGPU, []parameter{
		{name: "intermediate_graph_degree", server: "intermediate_graph_degree", standard: "64", least: 1, most: 512},
		{name: "graph_degree", server: "graph_degree", standard: "32", least: 1, most: 512},
		{name: "build_algo", server: "build_algo", standard: "IVF_PQ", words: []string{"IVF_PQ", "NN_DESCENT"}},
		onGPU,
		{name: "adapt_for_cpu", server: "adapt_for_cpu", standard: "false", words: truth},
		ef,
		{name: "itopk_size", server: "itopk_size", search: true, standard: automatic, most: maxHitsOnGPU},
		{name: "search_width", server: "search_width", search: true, standard: "4", least: 1, most: 64},
		{name: "min_iterations", server: "min_iterations", search: true, standard: "0", most: 4096},
		{name: "max_iterations", server: "max_iterations", search: true, standard: "0", most: 4096},
		{name: "team_size", server: "team_size", search: true, standard: "0", words: []string{"0", "4", "8", "16", "32"}},
	}},
	GPUIVFFlat:    {"GPU_IVF_FLAT", maxHitsOnGPU, []parameter{nlist, onGPU, nprobe}},
	GPUIVFPQ:      {"GPU_IVF_PQ", maxHitsOnGPU, []parameter{nlist, parts, {name: "nbits", server: "nbits", standard: "8", least: 4, most: 8}, onGPU, nprobe}},
	GPUBruteForce: {"GPU_BRUTE_FORCE", maxHitsBruteForce, nil},
}

// IndexKinds returns the names of all kinds of indexes, sorted.
func IndexKinds() []string {
	var all []string
	for k := range maps.Keys(kinds) {
		all = append(all, string(k))
	}
	slices.Sort(all)
	return all
}

// Parameters returns what the parameters of a kind of index are called, with what is
// allowed, one per line for people.
func (k IndexKind) Parameters() []string {
	var all []string
	for _, p := range kinds[k].parameters {
		all = append(all, p.name+": "+p.allowed()+"; "+p.standard+" if not given")
	}
	return all
}

func (k kind) parameter(name string) (parameter, bool) {
	for _, p := range k.parameters {
		if p.name == name {
			return p, true
		}
	}
	return parameter{}, false
}

// names lists the parameters in a sentence.
func (k kind) names() string {
	if len(k.parameters) == 0 {
		return "none"
	}
	var all []string
	for _, p := range k.parameters {
		all = append(all, p.name)
	}
	return strings.Join(all, ", ")
}

func (p parameter) allowed() string {
	if p.words != nil {
		return strings.Join(p.words, ", ")
	}
	return fmt.Sprintf("%d–%d", p.least, p.most)
}

func (p parameter) check(value string) error {
	ok := slices.Contains(p.words, value)
	if p.words == nil {
		n, err := strconv.Atoi(value)
		ok = err == nil && n >= p.least && n <= p.most && strconv.Itoa(n) == value
	}
	if !ok {
		return pika.InvalidField(p.name, "must be %s", p.allowed())
	}
	return nil
}
