package extract

import (
	"encoding/json"

	"github.com/pikamem/pika"
)

// SchemaName is the name of the schema in a request's response_format.
const SchemaName = "facts"

// Schema returns the JSON schema of a model's answer, in the strict subset: every
// property required, none additional, absent values null.
func Schema() json.RawMessage {
	item := object(
		property{"text", typed("string")},
		property{"subject", typed("string")},
		property{"predicate", typed("string")},
		property{"object", typed("string")},
		property{"category", map[string]any{"type": "string", "enum": pika.Categories()}},
		property{"entities", list(object(property{"name", typed("string")}, property{"type", typed("string")}))},
		property{"sources", list(typed("integer"))},
		property{"valid_from", typed("string", "null")},
		property{"valid_to", typed("string", "null")},
		property{"negated", typed("boolean")},
		property{"confidence", typed("number")},
		property{"language", typed("string")},
	)
	schema, err := json.Marshal(object(property{SchemaName, list(item)}))
	if err != nil {
		panic("extract: the schema is not JSON: " + err.Error()) // it is made of constants
	}
	return schema
}

type property struct {
	name   string
	schema any
}

func object(properties ...property) map[string]any {
	all, names := map[string]any{}, []string{}
	for _, p := range properties {
		all[p.name] = p.schema
		names = append(names, p.name)
	}
	return map[string]any{"type": "object", "properties": all, "required": names, "additionalProperties": false}
}

func list(items any) map[string]any { return map[string]any{"type": "array", "items": items} }

func typed(types ...string) map[string]any {
	if len(types) == 1 {
		return map[string]any{"type": types[0]}
	}
	return map[string]any{"type": types}
}
