package milvustest

import (
	"cmp"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
	"github.com/milvus-io/milvus-proto/go-api/v2/schemapb"
)

// data is what the server keeps.
type data struct {
	mutex       *sync.Mutex
	collections map[string]*collection
	aliases     map[string]string
	databases   []string
	misroute    bool
	neverBuilt  map[string]bool
}

type collection struct {
	schema     *schemapb.CollectionSchema
	partitions int64
	index      []*commonpb.KeyValuePair
	indexName  string
	loaded     bool
	loading    bool
	rows       []row
}

type row struct {
	partition uint32
	values    map[string]any // string, int64 or []float32
}

func newData() data {
	return data{mutex: new(sync.Mutex), collections: map[string]*collection{}, aliases: map[string]string{}, neverBuilt: map[string]bool{}}
}

func (d *data) change(f func(*data)) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	f(d)
}

func (d *data) names() []string {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return slices.Sorted(maps.Keys(d.collections))
}

// find returns a collection by its name or an alias.
func (d *data) find(name string) *collection {
	if target, ok := d.aliases[name]; ok {
		name = target
	}
	return d.collections[name]
}

func (c *collection) field(want func(*schemapb.FieldSchema) bool) string {
	for _, f := range c.schema.GetFields() {
		if want(f) {
			return f.GetName()
		}
	}
	return ""
}

func (c *collection) primaryKey() string {
	return c.field(func(f *schemapb.FieldSchema) bool { return f.GetIsPrimaryKey() })
}

func (c *collection) partitionKey() string {
	return c.field(func(f *schemapb.FieldSchema) bool { return f.GetIsPartitionKey() })
}

// partition returns where rows with a partition key belong.
func (c *collection) partition(key string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	return h.Sum32() % uint32(max(c.partitions, 1))
}

// upsert replaces rows by primary key. As on the real server, the same key twice in one
// batch makes two rows.
func (c *collection) upsert(rows []row, misroute bool) {
	key := c.primaryKey()
	replaced := map[any]bool{}
	for _, r := range rows {
		replaced[r.values[key]] = true
	}
	c.rows = slices.DeleteFunc(c.rows, func(r row) bool { return replaced[r.values[key]] })
	partitionKey := c.partitionKey()
	for _, r := range rows {
		if partitionKey != "" {
			by := partitionKey
			if misroute {
				by = key
			}
			r.partition = c.partition(r.values[by].(string))
		}
		c.rows = append(c.rows, r)
	}
}

// matching returns the rows an expression selects. A partition key that it fixes
// leads to one partition, and rows elsewhere are not seen.
func (c *collection) matching(expression string) ([]row, error) {
	conditions, err := parse(expression)
	if err != nil {
		return nil, err
	}
	key := c.partitionKey()
	var found []row
	for _, r := range c.rows {
		seen := true
		for _, condition := range conditions {
			pruned := key != "" && condition.field == key && condition.operator == "==" && r.partition != c.partition(condition.texts[0])
			seen = seen && condition.holds(r.values) && !pruned
		}
		if seen {
			found = append(found, r)
		}
	}
	return found, nil
}

// sorted returns rows by primary key.
func (c *collection) sorted(rows []row) []row {
	key := c.primaryKey()
	return slices.SortedFunc(slices.Values(rows), func(a, b row) int {
		return strings.Compare(a.values[key].(string), b.values[key].(string))
	})
}

type hit struct {
	row   row
	score float32
}

// nearest returns the k rows with the greatest inner product; of vectors of unit
// length it is the cosine.
func (c *collection) nearest(rows []row, field string, query []float32, k int) []hit {
	hits := make([]hit, len(rows))
	for i, r := range rows {
		var sum float64
		for j, x := range r.values[field].([]float32) {
			sum += float64(x) * float64(query[j])
		}
		hits[i] = hit{r, float32(sum)}
	}
	// Equal scores come in an order of the server's own.
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.score, a.score) })
	return hits[:min(k, len(hits))]
}
