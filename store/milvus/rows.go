package milvus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
	"github.com/milvus-io/milvus-proto/go-api/v2/milvuspb"
	"github.com/milvus-io/milvus-proto/go-api/v2/schemapb"
	"github.com/milvus-io/milvus-sdk-go/v2/client"

	"github.com/pikamem/pika"
)

// ListRows implements pika.Rows. It waits until the server shows every acknowledged
// write, some 200–400 ms.
func (x *Index) ListRows(ctx context.Context, corpus pika.Corpus, r pika.RowRange) ([]pika.Row, error) {
	if err := firstError(x.check(corpus), pika.CheckRange(r)); err != nil {
		return nil, err
	}
	filter, err := rangeFilter(r)
	if err != nil {
		return nil, err
	}
	var rows []pika.Row
	err = x.store.call(ctx, "list vectors", x.store.config.ListTimeout, func(ctx context.Context, c *client.GrpcClient) error {
		// Not the SDK's QueryIterator: with its reduce_stop_for_best, server 2.3.5 leaves
		// out the rows of a segment that are above the last one of another segment. Not
		// its Query either, which takes an empty answer for a wrong one.
		answer, err := c.Service.Query(ctx, listRequest(x.collection(corpus), filter, r.Limit))
		if err != nil {
			return err
		}
		rows, err = readRows(answer.GetFieldsData())
		return err
	})
	return rows, err
}

// listRequest asks for the rows with the lowest keys, at strong consistency.
func listRequest(collection, filter string, limit int) *milvuspb.QueryRequest {
	return &milvuspb.QueryRequest{
		CollectionName:     collection,
		Expr:               filter,
		OutputFields:       []string{keyField, digestField, writtenField},
		GuaranteeTimestamp: client.StrongTimestamp,
		ConsistencyLevel:   commonpb.ConsistencyLevel_Strong,
		QueryParams:        []*commonpb.KeyValuePair{{Key: "limit", Value: strconv.Itoa(limit)}},
	}
}

// readRows reads the columns of an answer; without rows the server may leave them out.
func readRows(fields []*schemapb.FieldData) ([]pika.Row, error) {
	column := map[string]*schemapb.ScalarField{}
	for _, f := range fields {
		column[f.GetFieldName()] = f.GetScalars()
	}
	keys := column[keyField].GetStringData().GetData()
	digests, written := column[digestField].GetLongData().GetData(), column[writtenField].GetLongData().GetData()
	if len(digests) != len(keys) || len(written) != len(keys) {
		return nil, fmt.Errorf("the answer holds %d keys, %d digests and %d times", len(keys), len(digests), len(written))
	}
	rows := make([]pika.Row, len(keys))
	for i, key := range keys {
		rowKey, ok := parseKey(key)
		if !ok {
			return nil, errors.New("the answer holds a key that is none of ours")
		}
		rows[i] = pika.Row{RowKey: rowKey, Digest: digests[i], At: time.UnixMilli(written[i]).UTC()}
	}
	slices.SortFunc(rows, func(a, b pika.Row) int {
		return cmp.Or(cmp.Compare(a.ScopeID, b.ScopeID), cmp.Compare(a.ID, b.ID))
	})
	return rows, nil
}

// DeleteRows implements pika.Rows. A key that no row can have is like a missing one,
// except that text which is not valid UTF-8 is Invalid.
func (x *Index) DeleteRows(ctx context.Context, corpus pika.Corpus, keys []pika.RowKey) error {
	const what = "delete rows of vectors"
	if err := firstError(x.check(corpus), pika.CheckIDs("keys", len(keys), pika.MaxPageLimit)); err != nil {
		return err
	}
	var all []string
	for i, k := range keys {
		if err := firstError(checkText(fmt.Sprintf("keys[%d]", i), k.ScopeID), checkText(fmt.Sprintf("keys[%d]", i), k.ID)); err != nil {
			return err
		}
		if len(k.ScopeID) == scopeBytes && len(k.ID) <= pika.MaxIDBytes {
			all = append(all, k.ScopeID+separator+k.ID)
		}
	}
	if len(all) == 0 {
		return notBegun(ctx, what)
	}
	return x.deleteKeys(ctx, corpus, what, all)
}
