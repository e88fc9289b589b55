package milvus_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/milvus-io/milvus-proto/go-api/v2/milvuspb"
	"google.golang.org/grpc/codes"

	"github.com/pikamem/pika/pikatest"
	"github.com/pikamem/pika/store/milvus"
	"github.com/pikamem/pika/store/milvus/milvustest"
)

// TestPartitions: users are spread over partitions where the server finds their rows
// again, and nowhere else.
func TestPartitions(t *testing.T) {
	t.Parallel()
	for name, misroutes := range map[string]bool{"right": false, "misrouting": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, config := fakeServer(t)
			if misroutes {
				server.Misroute()
			}
			config.Partitions = 32
			pikatest.VectorsCases(t, vectors(t, config, 0), "isolation", "delete", "against brute force")
			want := map[bool]int64{false: 32, true: 0}[misroutes]
			for _, request := range server.Requests("CreateCollection") {
				r := request.(*milvuspb.CreateCollectionRequest)
				if !strings.Contains(r.GetCollectionName(), "_check_") && r.GetNumPartitions() != want {
					t.Errorf("%s was made with %d partitions; want %d", r.GetCollectionName(), r.GetNumPartitions(), want)
				}
			}
			if left := server.Collections(); slices.ContainsFunc(left, func(c string) bool { return strings.Contains(c, "_check_") }) {
				t.Errorf("collections = %v; want those of checks gone", left)
			}
		})
	}
}

// TestExistingPartitions: a collection keeps what it was made with.
func TestExistingPartitions(t *testing.T) {
	t.Parallel()
	server, store, index := ready(t, nil)
	server.Misroute()
	must(t, store.Migrate(t.Context(), model("m")))
	must(t, index.Ping(t.Context()))
	if n := len(server.Requests("CreateCollection")); n != 3 {
		t.Errorf("%d collections were made; want 3: that of the check, and those of the model", n)
	}
}

// TestPartitionsOfRealServer: whatever the server's version, with the default
// configuration rows are found under their users' filters.
func TestPartitionsOfRealServer(t *testing.T) {
	t.Parallel()
	config := realServer(t)
	config.Partitions = 0
	store := open(t, config)
	right, err := store.CheckPartitions(t.Context())
	must(t, err)
	t.Logf("the server passes the check of partitions: %v", right)
	pikatest.VectorsCases(t, vectors(t, config, 0), "isolation", "delete", "upsert replaces", "against brute force")
}

// TestOldChecksAreSwept: what a check left behind when its process died is removed by
// a later one, not earlier than an hour after.
func TestOldChecksAreSwept(t *testing.T) {
	t.Parallel()
	server, config := fakeServer(t)
	now := time.Now()
	config.Now = func() time.Time { return now }
	server.Fail("DropCollection", milvustest.Fault{Code: codes.Internal, Message: "no"})
	store := open(t, config)
	must(t, store.Migrate(t.Context(), model("m")))
	if n := len(server.Collections()); n != 3 {
		t.Fatalf("%d collections; want the model's 2 and 1 left behind", n)
	}
	server.Heal()
	now = now.Add(time.Minute)
	check(t, store)
	if n := len(server.Collections()); n != 3 {
		t.Errorf("%d collections after a minute; want 3: another process may be at its check", n)
	}
	now = now.Add(2 * time.Hour)
	check(t, store)
	if n := len(server.Collections()); n != 2 {
		t.Errorf("%d collections after two hours; want 2", n)
	}
}

func check(t *testing.T, store *milvus.Store) {
	t.Helper()
	right, err := store.CheckPartitions(t.Context())
	if err != nil || !right {
		t.Fatalf("CheckPartitions = %v, %v; want true", right, err)
	}
}
