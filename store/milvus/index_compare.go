package milvus

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/milvus-io/milvus-proto/go-api/v2/milvuspb"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"
)

// compareIndex says what about an index is not as wanted; empty: nothing. Parameters
// that the server adds by itself do not count.
func compareIndex(have *milvuspb.IndexDescription, want entity.Index) string {
	h, w := flatten(entity.KvPairsMap(have.GetParams())), flatten(want.Params())
	for _, name := range slices.Sorted(maps.Keys(w)) {
		if !strings.EqualFold(h[name], w[name]) {
			return fmt.Sprintf("its %s is %q, the configuration says %q", name, h[name], w[name])
		}
	}
	return ""
}

// flatten puts the nested parameters, which servers return nested or flat, beside the
// others.
func flatten(parameters map[string]string) map[string]string {
	flat := maps.Clone(parameters)
	var nested map[string]any
	if json.Unmarshal([]byte(parameters["params"]), &nested) == nil {
		for name, value := range nested {
			flat[name] = fmt.Sprint(value)
		}
	}
	delete(flat, "params")
	return flat
}
