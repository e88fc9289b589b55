package milvus

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"github.com/pikamem/pika"
)

// IndexKind names a kind of vector index.
type IndexKind string

// The kinds of indexes. Those with GPU in their name need a server built for GPUs. On
// server 2.3.5, of random vectors of 32 dimensions, HNSW found 0.99 of the 10 nearest,
// ivf_flat 1, ivf_sq8 0.98, scann 0.99 and ivf_pq 0.3, whatever its m.
const (
	HNSW          IndexKind = "hnsw"            // a graph in memory; the default
	Flat          IndexKind = "flat"            // exact: every row is compared
	IVFFlat       IndexKind = "ivf_flat"        // lists around centroids
	IVFSQ8        IndexKind = "ivf_sq8"         // with a byte per dimension: a quarter of the memory
	IVFPQ         IndexKind = "ivf_pq"          // with product quantisation: least memory, least exact
	SCANN         IndexKind = "scann"           // product quantisation, then reordered exactly
	GPUCagra      IndexKind = "gpu_cagra"       // a graph built on the GPU; searched there, or on the CPU with adapt_for_cpu
	GPUIVFFlat    IndexKind = "gpu_ivf_flat"    //
	GPUIVFPQ      IndexKind = "gpu_ivf_pq"      //
	GPUBruteForce IndexKind = "gpu_brute_force" // exact
)

// IndexConfig is a kind of index and its parameters by name, as in the URL. A parameter
// that is missing has its default. Parameters says which there are.
type IndexConfig struct {
	Kind       IndexKind
	Parameters map[string]string
}

// validate refuses unknown kinds and parameters, and values out of their range.
func (c IndexConfig) validate() error {
	k, ok := kinds[c.Kind]
	if !ok {
		return pika.InvalidField("index", "must be one of %s", strings.Join(IndexKinds(), ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		p, ok := k.parameter(name)
		if !ok {
			return pika.InvalidField(name, "is no parameter of the index %s, which has %s", c.Kind, k.names())
		}
		if err := p.check(c.Parameters[name]); err != nil {
			return err
		}
	}
	return c.validateTogether()
}

// validateTogether holds the rules between parameters.
func (c IndexConfig) validateTogether() error {
	switch nlist, nprobe := c.number("nlist"), c.number("nprobe"); {
	case nprobe > nlist:
		return pika.InvalidField("nprobe", "is %d; it must be at most nlist, which is %d", nprobe, nlist)
	case c.number("graph_degree") > c.number("intermediate_graph_degree"):
		return pika.InvalidField("graph_degree", "is %d; it must be at most intermediate_graph_degree, which is %d",
			c.number("graph_degree"), c.number("intermediate_graph_degree"))
	case c.number("max_iterations") > 0 && c.number("min_iterations") > c.number("max_iterations"):
		return pika.InvalidField("min_iterations", "is %d; it must be at most max_iterations, which is %d",
			c.number("min_iterations"), c.number("max_iterations"))
	}
	return nil
}

// fits refuses parameters that do not go with vectors of so many dimensions.
func (c IndexConfig) fits(dimensions int) error {
	if m := c.number("m"); (c.Kind == IVFPQ || c.Kind == GPUIVFPQ) && m > 0 && dimensions%m != 0 {
		return pika.InvalidField("m", "is %d; it must divide the %d dimensions of the vectors", m, dimensions)
	}
	if c.Kind == SCANN && dimensions%2 != 0 {
		return pika.InvalidField("index", "is scann, which needs an even number of dimensions; the vectors have %d", dimensions)
	}
	return nil
}

// value returns a parameter or its default; empty: the kind has no such parameter.
func (c IndexConfig) value(name string) string {
	if v, ok := c.Parameters[name]; ok {
		return v
	}
	p, _ := kinds[c.Kind].parameter(name)
	return p.standard
}

// number returns a parameter as a number, 0 if it is none.
func (c IndexConfig) number(name string) int {
	n, _ := strconv.Atoi(c.value(name))
	return n
}

// metric is what vectors are compared by. GPU indexes know no cosine; of vectors of
// unit length, and all are, the inner product is the same.
func (c IndexConfig) metric() entity.MetricType {
	if c.gpu() {
		return entity.IP
	}
	return entity.COSINE
}

func (c IndexConfig) gpu() bool { return strings.HasPrefix(string(c.Kind), "gpu_") }

// maxHits is how many hits one search may ask the index for.
func (c IndexConfig) maxHits() int { return kinds[c.Kind].maxHits }

// build returns what the index is created with, for vectors of so many dimensions.
func (c IndexConfig) build(dimensions int) entity.Index {
	parameters := c.buildParameters(dimensions)
	text, _ := json.Marshal(parameters) // a map of strings cannot fail
	return entity.NewGenericIndex(vectorField, entity.IndexType(kinds[c.Kind].server), map[string]string{
		"index_type":  kinds[c.Kind].server,
		"metric_type": string(c.metric()),
		"params":      string(text),
	})
}

func (c IndexConfig) buildParameters(dimensions int) map[string]string {
	all := map[string]string{}
	for _, p := range kinds[c.Kind].parameters {
		if p.search {
			continue
		}
		if v := c.value(p.name); v != "" && v != automatic {
			all[p.server] = v
		}
	}
	if quantises := c.Kind == IVFPQ || c.Kind == GPUIVFPQ; quantises && all["m"] == "" {
		all["m"] = strconv.Itoa(subvectors(dimensions))
	}
	return all
}

// subvectors returns the largest divisor of dimensions that leaves at least 2
// dimensions, or all, to each part of a product quantiser.
func subvectors(dimensions int) int {
	for m := max(dimensions/2, 1); ; m-- {
		if dimensions%m == 0 {
			return m
		}
	}
}

// search returns the parameters of a search for k hits.
func (c IndexConfig) search(k int) searchParameters {
	all := searchParameters{}
	for _, p := range kinds[c.Kind].parameters {
		if p.search && !(p.name == "ef" && c.Kind == GPUCagra) {
			all[p.server] = c.number(p.name)
		}
	}
	switch c.Kind {
	case HNSW:
		all["ef"] = c.ef(k)
	case IVFFlat, IVFSQ8, IVFPQ, GPUIVFFlat, GPUIVFPQ, SCANN:
		if c.number("nprobe") == 0 {
			all["nprobe"] = c.number("nlist")
		}
	case GPUCagra:
		return c.searchCagra(k, all)
	}
	if c.Kind == SCANN {
		all["reorder_k"] = c.reorderK(k)
	}
	return all
}

// searchCagra: the graph is searched on the CPU as HNSW is, on the GPU with lists of
// at least k places.
func (c IndexConfig) searchCagra(k int, all searchParameters) searchParameters {
	if c.value("adapt_for_cpu") == "true" {
		return searchParameters{"ef": c.ef(k)}
	}
	all["itopk_size"] = max(c.number("itopk_size"), (k+31)/32*32)
	return all
}

// deepHits is how many hits a search may ask for that only wants the nearest few. More
// are for the caller to rank by other evidence too: there the graph is walked wider.
const (
	deepHits  = 64
	deepEF    = 5
	mostDepth = 4096
)

// ef is the configured breadth, else clamp(4k, 64, 256), and for deep searches 5k: a
// filter that leaves a tenth of the rows, the hardest case, hides most of what the walk
// visits. In every case it is at least k: the server refuses less.
func (c IndexConfig) ef(k int) int {
	ef := c.number("ef")
	switch {
	case ef != 0:
	case k <= deepHits:
		ef = min(max(4*k, 64), 256)
	default:
		ef = min(deepEF*k, mostDepth)
	}
	return max(ef, k)
}

// reorderK is how many hits SCANN compares exactly: as configured, else 4k, at least 64.
func (c IndexConfig) reorderK(k int) int {
	if n := c.number("reorder_k"); n > 0 {
		return max(n, k)
	}
	return min(max(4*k, 64), pika.MaxVectorLimit)
}

// searchParameters are what a search sends to the server.
type searchParameters map[string]any

var _ entity.SearchParam = searchParameters(nil)

// Params returns the parameters.
func (p searchParameters) Params() map[string]any { return maps.Clone(p) }

// AddRadius sets the outer bound of a range search.
func (p searchParameters) AddRadius(radius float64) { p["radius"] = radius }

// AddRangeFilter sets the inner bound of a range search.
func (p searchParameters) AddRangeFilter(filter float64) { p["range_filter"] = filter }
