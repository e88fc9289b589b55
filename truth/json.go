package truth

import (
	"encoding/json"

	"github.com/pikamem/pika"
)

// EncodeJSON returns v as a column of JSON text, "" for an empty list or map.
func EncodeJSON[T any](v T, empty bool) (string, error) {
	if empty {
		return "", nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", pika.Wrap(pika.Invalid, err, "a value cannot be written as JSON")
	}
	return string(b), nil
}

// DecodeJSON reads what EncodeJSON wrote.
func DecodeJSON[T any](s string) (v T, err error) {
	if s != "" {
		err = json.Unmarshal([]byte(s), &v)
	}
	return v, err
}
