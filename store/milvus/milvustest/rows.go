package milvustest

import (
	"context"
	"encoding/binary"
	"errors"
	"math"

	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
	"github.com/milvus-io/milvus-proto/go-api/v2/milvuspb"
	"github.com/milvus-io/milvus-proto/go-api/v2/schemapb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
)

// loaded calls f with a collection that is in service.
func (s *service) loaded(name string, f func(*collection) *commonpb.Status) *commonpb.Status {
	return s.with(name, func(c *collection) *commonpb.Status {
		if !c.loaded {
			return refuse(codeNotLoaded, "collection not loaded")
		}
		return f(c)
	})
}

func (s *service) Upsert(_ context.Context, r *milvuspb.UpsertRequest) (*milvuspb.MutationResult, error) {
	answer := &milvuspb.MutationResult{}
	answer.Status = s.with(r.GetCollectionName(), func(c *collection) *commonpb.Status {
		rows, err := readRows(r.GetFieldsData(), int(r.GetNumRows()))
		if err != nil {
			return refuse(codeUnexpected, err.Error())
		}
		c.upsert(rows, s.data.misroute)
		answer.UpsertCnt = int64(len(rows))
		answer.IDs = ids(rows, c.primaryKey())
		return ok()
	})
	return answer, nil
}

func (s *service) Delete(_ context.Context, r *milvuspb.DeleteRequest) (*milvuspb.MutationResult, error) {
	answer := &milvuspb.MutationResult{}
	answer.Status = s.with(r.GetCollectionName(), func(c *collection) *commonpb.Status {
		found, err := c.matching(r.GetExpr())
		if err != nil {
			return refuse(codeUnexpected, err.Error())
		}
		gone := map[any]bool{}
		for _, row := range found {
			gone[row.values[c.primaryKey()]] = true
		}
		var kept []row
		for _, row := range c.rows {
			if !gone[row.values[c.primaryKey()]] {
				kept = append(kept, row)
			}
		}
		c.rows = kept
		answer.DeleteCnt = int64(len(found))
		return ok()
	})
	return answer, nil
}

func (s *service) Query(_ context.Context, r *milvuspb.QueryRequest) (*milvuspb.QueryResults, error) {
	answer := &milvuspb.QueryResults{}
	answer.Status = s.loaded(r.GetCollectionName(), func(c *collection) *commonpb.Status {
		found, err := c.matching(r.GetExpr())
		if err != nil {
			return refuse(codeUnexpected, err.Error())
		}
		found = c.sorted(found)
		if limit := numberOf(r.GetQueryParams(), "limit"); limit > 0 {
			found = found[:min(limit, len(found))]
		}
		for _, field := range r.GetOutputFields() {
			answer.FieldsData = append(answer.FieldsData, column(field, found))
		}
		return ok()
	})
	return answer, nil
}

func (s *service) Search(_ context.Context, r *milvuspb.SearchRequest) (*milvuspb.SearchResults, error) {
	answer := &milvuspb.SearchResults{}
	answer.Status = s.loaded(r.GetCollectionName(), func(c *collection) *commonpb.Status {
		found, err := c.matching(r.GetDsl())
		if err != nil {
			return refuse(codeUnexpected, err.Error())
		}
		query, err := readQuery(r.GetPlaceholderGroup())
		if err != nil {
			return refuse(codeUnexpected, err.Error())
		}
		hits := c.nearest(found, valueOf(r.GetSearchParams(), "anns_field"), query, numberOf(r.GetSearchParams(), "topk"))
		answer.Results = results(hits, c.primaryKey())
		return ok()
	})
	return answer, nil
}

// Flush has nothing to do: every row is searched as it is.
func (s *service) Flush(context.Context, *milvuspb.FlushRequest) (*milvuspb.FlushResponse, error) {
	return &milvuspb.FlushResponse{Status: ok()}, nil
}

func results(hits []hit, key string) *schemapb.SearchResultData {
	all := &schemapb.SearchResultData{NumQueries: 1, TopK: int64(len(hits)), Topks: []int64{int64(len(hits))}}
	rows := make([]row, len(hits))
	for i, h := range hits {
		rows[i] = h.row
		all.Scores = append(all.Scores, h.score)
	}
	all.Ids = ids(rows, key)
	return all
}

func ids(rows []row, key string) *schemapb.IDs {
	all := &schemapb.StringArray{}
	for _, r := range rows {
		all.Data = append(all.Data, r.values[key].(string))
	}
	return &schemapb.IDs{IdField: &schemapb.IDs_StrId{StrId: all}}
}

// column returns a field of rows.
func column(field string, rows []row) *schemapb.FieldData {
	texts, numbers := &schemapb.StringArray{}, &schemapb.LongArray{}
	for _, r := range rows {
		switch v := r.values[field].(type) {
		case string:
			texts.Data = append(texts.Data, v)
		case int64:
			numbers.Data = append(numbers.Data, v)
		}
	}
	data := &schemapb.FieldData{FieldName: field, Type: schemapb.DataType_Int64}
	scalars := &schemapb.ScalarField{Data: &schemapb.ScalarField_LongData{LongData: numbers}}
	if len(texts.Data) > 0 {
		data.Type = schemapb.DataType_VarChar
		scalars = &schemapb.ScalarField{Data: &schemapb.ScalarField_StringData{StringData: texts}}
	}
	data.Field = &schemapb.FieldData_Scalars{Scalars: scalars}
	return data
}

// readRows reads columns.
func readRows(fields []*schemapb.FieldData, n int) ([]row, error) {
	rows := make([]row, n)
	for i := range rows {
		rows[i].values = map[string]any{}
		for _, f := range fields {
			value, err := valueAt(f, i)
			if err != nil {
				return nil, err
			}
			rows[i].values[f.GetFieldName()] = value
		}
	}
	return rows, nil
}

var errColumn = errors.New("a column is of an unknown type or too short")

func valueAt(f *schemapb.FieldData, i int) (any, error) {
	texts, numbers := f.GetScalars().GetStringData().GetData(), f.GetScalars().GetLongData().GetData()
	floats, dim := f.GetVectors().GetFloatVector().GetData(), int(f.GetVectors().GetDim())
	switch {
	case i < len(texts):
		return texts[i], nil
	case i < len(numbers):
		return numbers[i], nil
	case dim > 0 && (i+1)*dim <= len(floats):
		return floats[i*dim : (i+1)*dim], nil
	}
	return nil, errColumn
}

// readQuery reads the one vector of a search.
func readQuery(group []byte) ([]float32, error) {
	placeholders := &commonpb.PlaceholderGroup{}
	if err := proto.Unmarshal(group, protoadapt.MessageV2Of(placeholders)); err != nil {
		return nil, err
	}
	if len(placeholders.GetPlaceholders()) != 1 || len(placeholders.GetPlaceholders()[0].GetValues()) != 1 {
		return nil, errors.New("a search must have one vector")
	}
	raw := placeholders.GetPlaceholders()[0].GetValues()[0]
	query := make([]float32, len(raw)/4)
	for i := range query {
		query[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return query, nil
}
