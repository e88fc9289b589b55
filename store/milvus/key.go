package milvus

import (
	"fmt"
	"strings"

	"github.com/pikamem/pika"
)

// The primary key of a row is the id of its scope, a slash, and its own id. Scope ids
// are UUIDs, all of one length, so that the server's order of primary keys is the
// order of pika.RowKey.
const (
	scopeBytes    = 36
	separator     = "/"
	pastSeparator = "0" // the byte after the separator
	maxKeyBytes   = scopeBytes + len(separator) + pika.MaxIDBytes
)

// primaryKey returns the key of a scope's row; Invalid if no row can have it.
func primaryKey(scopeID, field, id string) (string, error) {
	if len(id) > pika.MaxIDBytes {
		return "", pika.InvalidField(field, "has %d bytes; at most %d are allowed", len(id), pika.MaxIDBytes)
	}
	if err := checkText(field, id); err != nil {
		return "", err
	}
	return scopeID + separator + id, nil
}

// primaryKeys returns the keys of a scope's rows.
func primaryKeys(scopeID string, ids []string) ([]string, error) {
	keys := make([]string, len(ids))
	for i, id := range ids {
		key, err := primaryKey(scopeID, fmt.Sprintf("ids[%d]", i), id)
		if err != nil {
			return nil, err
		}
		keys[i] = key
	}
	return keys, nil
}

// parseKey undoes primaryKey.
func parseKey(key string) (pika.RowKey, bool) {
	if len(key) <= scopeBytes || key[scopeBytes:scopeBytes+1] != separator {
		return pika.RowKey{}, false
	}
	return pika.RowKey{ScopeID: key[:scopeBytes], ID: key[scopeBytes+1:]}, true
}

// rangeFilter returns the expression for the primary keys of a range. The bounds may
// be any text: one that is longer than a scope id is above the scope it begins with.
func rangeFilter(r pika.RowRange) (string, error) {
	for field, s := range map[string]string{
		"from_scope": r.FromScope, "to_scope": r.ToScope, "after.scope": r.After.ScopeID, "after.id": r.After.ID,
	} {
		if err := checkText(field, s); err != nil {
			return "", err
		}
	}
	conditions := []string{keyField + " >= " + quote(scopeBound(r.FromScope))}
	if r.ToScope != "" {
		conditions = append(conditions, keyField+" < "+quote(scopeBound(r.ToScope)))
	}
	if r.After != (pika.RowKey{}) {
		conditions = append(conditions, afterFilter(r.After))
	}
	return strings.Join(conditions, " and "), nil
}

func afterFilter(after pika.RowKey) string {
	if len(after.ScopeID) == scopeBytes {
		return keyField + " > " + quote(after.ScopeID+separator+after.ID)
	}
	return keyField + " >= " + quote(scopeBound(after.ScopeID))
}

// scopeBound returns the lowest primary key of scopes from bound on.
func scopeBound(bound string) string {
	for i, r := range bound {
		switch {
		case i >= scopeBytes:
			return bound[:scopeBytes] + pastSeparator
		case r > '~': // above every scope id that begins alike
			return bound[:i] + "~"
		}
	}
	return bound
}
