package milvustest

import (
	"context"
	"slices"
	"strconv"

	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
	"github.com/milvus-io/milvus-proto/go-api/v2/milvuspb"
	"github.com/milvus-io/milvus-proto/go-api/v2/schemapb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
)

// service answers the requests about collections, indexes and loading.
type service struct {
	milvuspb.UnimplementedMilvusServiceServer
	data *data
}

// Codes of refusals, as servers give them.
const (
	codeUnexpected    = 65_535
	codeNotFound      = 100
	codeNotLoaded     = 101
	codeIndexNotFound = 700
)

func refuse(code int32, reason string) *commonpb.Status {
	return &commonpb.Status{ErrorCode: commonpb.ErrorCode_UnexpectedError, Code: code, Reason: reason}
}

func ok() *commonpb.Status { return &commonpb.Status{} }

var notFound = "collection not found"

// with calls f with a collection under the lock.
func (s *service) with(name string, f func(*collection) *commonpb.Status) *commonpb.Status {
	s.data.mutex.Lock()
	defer s.data.mutex.Unlock()
	c := s.data.find(name)
	if c == nil {
		return refuse(codeNotFound, notFound)
	}
	return f(c)
}

func (s *service) CreateCollection(_ context.Context, r *milvuspb.CreateCollectionRequest) (*commonpb.Status, error) {
	schema := &schemapb.CollectionSchema{}
	if err := proto.Unmarshal(r.GetSchema(), protoadapt.MessageV2Of(schema)); err != nil {
		return refuse(codeUnexpected, err.Error()), nil
	}
	s.data.mutex.Lock()
	defer s.data.mutex.Unlock()
	if s.data.collections[r.GetCollectionName()] != nil {
		return refuse(codeUnexpected, "create duplicate collection with different parameters"), nil
	}
	s.data.collections[r.GetCollectionName()] = &collection{schema: schema, partitions: r.GetNumPartitions()}
	return ok(), nil
}

func (s *service) DropCollection(_ context.Context, r *milvuspb.DropCollectionRequest) (*commonpb.Status, error) {
	s.data.change(func(d *data) { delete(d.collections, r.GetCollectionName()) })
	return ok(), nil
}

func (s *service) HasCollection(_ context.Context, r *milvuspb.HasCollectionRequest) (*milvuspb.BoolResponse, error) {
	answer := &milvuspb.BoolResponse{Status: ok()}
	s.data.change(func(d *data) { answer.Value = d.find(r.GetCollectionName()) != nil })
	return answer, nil
}

func (s *service) ShowCollections(context.Context, *milvuspb.ShowCollectionsRequest) (*milvuspb.ShowCollectionsResponse, error) {
	names := s.data.names()
	return &milvuspb.ShowCollectionsResponse{Status: ok(), CollectionNames: names, CollectionIds: make([]int64, len(names))}, nil
}

func (s *service) DescribeCollection(_ context.Context, r *milvuspb.DescribeCollectionRequest) (*milvuspb.DescribeCollectionResponse, error) {
	answer := &milvuspb.DescribeCollectionResponse{}
	answer.Status = s.with(r.GetCollectionName(), func(c *collection) *commonpb.Status {
		answer.Schema = c.schema
		return ok()
	})
	return answer, nil
}

// ListDatabases knows the databases that were made; all share their collections.
func (s *service) ListDatabases(context.Context, *milvuspb.ListDatabasesRequest) (*milvuspb.ListDatabasesResponse, error) {
	answer := &milvuspb.ListDatabasesResponse{Status: ok()}
	s.data.change(func(d *data) { answer.DbNames = append([]string{"default"}, d.databases...) })
	return answer, nil
}

func (s *service) CreateDatabase(_ context.Context, r *milvuspb.CreateDatabaseRequest) (*commonpb.Status, error) {
	s.data.change(func(d *data) { d.databases = append(d.databases, r.GetDbName()) })
	return ok(), nil
}

func (s *service) DropDatabase(_ context.Context, r *milvuspb.DropDatabaseRequest) (*commonpb.Status, error) {
	s.data.change(func(d *data) {
		d.databases = slices.DeleteFunc(d.databases, func(name string) bool { return name == r.GetDbName() })
	})
	return ok(), nil
}

func (s *service) CreateAlias(_ context.Context, r *milvuspb.CreateAliasRequest) (*commonpb.Status, error) {
	return s.with(r.GetCollectionName(), func(*collection) *commonpb.Status {
		if _, there := s.data.aliases[r.GetAlias()]; there {
			return refuse(codeUnexpected, "the alias is taken")
		}
		s.data.aliases[r.GetAlias()] = r.GetCollectionName()
		return ok()
	}), nil
}

func (s *service) AlterAlias(_ context.Context, r *milvuspb.AlterAliasRequest) (*commonpb.Status, error) {
	return s.with(r.GetCollectionName(), func(*collection) *commonpb.Status {
		s.data.aliases[r.GetAlias()] = r.GetCollectionName()
		return ok()
	}), nil
}

func (s *service) DropAlias(_ context.Context, r *milvuspb.DropAliasRequest) (*commonpb.Status, error) {
	s.data.change(func(d *data) { delete(d.aliases, r.GetAlias()) })
	return ok(), nil
}

func (s *service) CreateIndex(_ context.Context, r *milvuspb.CreateIndexRequest) (*commonpb.Status, error) {
	return s.with(r.GetCollectionName(), func(c *collection) *commonpb.Status {
		c.index, c.indexName = r.GetExtraParams(), r.GetIndexName()
		return ok()
	}), nil
}

func (s *service) DropIndex(_ context.Context, r *milvuspb.DropIndexRequest) (*commonpb.Status, error) {
	return s.with(r.GetCollectionName(), func(c *collection) *commonpb.Status {
		if c.loaded {
			return refuse(codeUnexpected, "index cannot be dropped, collection is loaded, please release it first")
		}
		c.index = nil
		return ok()
	}), nil
}

func (s *service) DescribeIndex(_ context.Context, r *milvuspb.DescribeIndexRequest) (*milvuspb.DescribeIndexResponse, error) {
	answer := &milvuspb.DescribeIndexResponse{}
	answer.Status = s.with(r.GetCollectionName(), func(c *collection) *commonpb.Status {
		if c.index == nil {
			return refuse(codeIndexNotFound, "index not found")
		}
		answer.IndexDescriptions = []*milvuspb.IndexDescription{{
			IndexName: c.indexName, FieldName: r.GetFieldName(), Params: c.index, State: s.indexState(c), IndexedRows: int64(len(c.rows)),
		}}
		return ok()
	})
	return answer, nil
}

func (s *service) indexState(c *collection) commonpb.IndexState {
	if s.data.neverBuilt[valueOf(c.index, "index_type")] {
		return commonpb.IndexState_InProgress
	}
	return commonpb.IndexState_Finished
}

func (s *service) LoadCollection(_ context.Context, r *milvuspb.LoadCollectionRequest) (*commonpb.Status, error) {
	return s.with(r.GetCollectionName(), func(c *collection) *commonpb.Status {
		if c.index == nil {
			return refuse(codeIndexNotFound, "index not found")
		}
		c.loaded = !c.loading
		return ok()
	}), nil
}

func (s *service) ReleaseCollection(_ context.Context, r *milvuspb.ReleaseCollectionRequest) (*commonpb.Status, error) {
	return s.with(r.GetCollectionName(), func(c *collection) *commonpb.Status {
		c.loaded = false
		return ok()
	}), nil
}

func (s *service) GetLoadState(_ context.Context, r *milvuspb.GetLoadStateRequest) (*milvuspb.GetLoadStateResponse, error) {
	answer := &milvuspb.GetLoadStateResponse{State: commonpb.LoadState_LoadStateNotExist}
	answer.Status = s.with(r.GetCollectionName(), func(c *collection) *commonpb.Status {
		switch {
		case c.loaded:
			answer.State = commonpb.LoadState_LoadStateLoaded
		case c.loading:
			answer.State = commonpb.LoadState_LoadStateLoading
		default:
			answer.State = commonpb.LoadState_LoadStateNotLoad
		}
		return ok()
	})
	return answer, nil
}

func valueOf(pairs []*commonpb.KeyValuePair, key string) string {
	for _, p := range pairs {
		if p.GetKey() == key {
			return p.GetValue()
		}
	}
	return ""
}

func numberOf(pairs []*commonpb.KeyValuePair, key string) int {
	n, _ := strconv.Atoi(valueOf(pairs, key))
	return n
}
