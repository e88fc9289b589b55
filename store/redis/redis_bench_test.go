package redis_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pikamem/pika"
)

// BenchmarkReadScope is what a search asks the cache: two values of some kilobytes and
// the epochs.
func BenchmarkReadScope(b *testing.B) {
	c := open(b, realServer(b))
	keys := []string{"l2:{" + scope.ID() + "}", "semantic:{" + scope.ID() + "}"}
	for i, key := range keys {
		if err := c.SetValue(b.Context(), key, make([]byte, 4<<10<<(2*i)), time.Hour); err != nil {
			b.Fatal(err)
		}
	}
	epochs := map[string]string{}
	for i := range 16 {
		epochs[fmt.Sprint(i)] = pika.RandomID(nil)
	}
	if err := c.SetEpochs(b.Context(), scope, epochs); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		values, got, err := c.ReadScope(b.Context(), scope, keys...)
		if err != nil || len(values) != 2 || len(got) != 16 {
			b.Fatal(len(values), len(got), err)
		}
	}
}

func BenchmarkGetValues(b *testing.B) {
	c := open(b, realServer(b))
	keys := make([]string, 50)
	for i := range keys {
		keys[i] = fmt.Sprint("embedding ", i)
		if err := c.SetValue(b.Context(), keys[i], make([]byte, 4*384), time.Hour); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if values, err := c.GetValues(b.Context(), keys...); err != nil || len(values) != len(keys) {
			b.Fatal(len(values), err)
		}
	}
}
