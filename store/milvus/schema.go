package milvus

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"github.com/pikamem/pika"
)

// schemaVersion is part of the names of collections: a new schema is a new collection.
const schemaVersion = 1

// The fields of a row.
const (
	keyField     = "pk"         // see primaryKey
	scopeField   = "scope"      // the id of the scope; the partition key where there are partitions
	digestField  = "digest"     // pika.VectorDigest
	writtenField = "written_at" // unix milliseconds
	vectorField  = "vector"
)

// corpora are what a model has a collection for each.
var corpora = []pika.Corpus{pika.CorpusFacts, pika.CorpusMessages}

// collectionName returns the name of a corpus' collection: the prefix, the corpus, a
// hash of what the model is, and the version of the schema.
func (c Config) collectionName(corpus pika.Corpus, model pika.EmbeddingModel) string {
	sum := sha256.Sum256([]byte(strconv.Itoa(model.Dimensions) + "\x00" + model.ID))
	return fmt.Sprintf("%s_%s_%s_v%d", c.Prefix, corpus, hex.EncodeToString(sum[:6]), schemaVersion)
}

// aliasName returns the name under which operators find the active model's collection.
func (c Config) aliasName(corpus pika.Corpus) string { return c.Prefix + "_" + string(corpus) }

// schema returns the schema of a collection.
func schema(name string, dimensions int, partitioned bool) *entity.Schema {
	return entity.NewSchema().WithName(name).WithDynamicFieldEnabled(false).
		WithField(entity.NewField().WithName(keyField).WithDataType(entity.FieldTypeVarChar).WithMaxLength(int64(maxKeyBytes)).WithIsPrimaryKey(true)).
		WithField(entity.NewField().WithName(scopeField).WithDataType(entity.FieldTypeVarChar).WithMaxLength(scopeBytes).WithIsPartitionKey(partitioned)).
		WithField(entity.NewField().WithName(digestField).WithDataType(entity.FieldTypeInt64)).
		WithField(entity.NewField().WithName(writtenField).WithDataType(entity.FieldTypeInt64)).
		WithField(entity.NewField().WithName(vectorField).WithDataType(entity.FieldTypeFloatVector).WithDim(int64(dimensions)))
}

// compareSchema says what about a collection is not as this program makes it, apart
// from partitions; empty: nothing.
func compareSchema(have, want *entity.Schema) string {
	for _, w := range want.Fields {
		i := slices.IndexFunc(have.Fields, func(f *entity.Field) bool { return f.Name == w.Name })
		if i < 0 {
			return "it has no field " + w.Name
		}
		if why := compareField(have.Fields[i], w); why != "" {
			return why
		}
	}
	if len(have.Fields) != len(want.Fields) || have.EnableDynamicField {
		return "it has fields that are not known"
	}
	return ""
}

func compareField(have, want *entity.Field) string {
	switch {
	case have.DataType != want.DataType:
		return fmt.Sprintf("its field %s is of type %s, not %s", want.Name, have.DataType.Name(), want.DataType.Name())
	case have.PrimaryKey != want.PrimaryKey:
		return "its primary key is another field"
	}
	for _, parameter := range []string{entity.TypeParamDim, entity.TypeParamMaxLength} {
		if have.TypeParams[parameter] != want.TypeParams[parameter] {
			return fmt.Sprintf("its field %s has %s %s, not %s", want.Name, parameter, have.TypeParams[parameter], want.TypeParams[parameter])
		}
	}
	return ""
}
