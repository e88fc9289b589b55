package sqlite_test

import (
	"testing"

	"github.com/pikamem/pika"
	"github.com/pikamem/pika/pikatest"
)

func TestGraphConformance(t *testing.T) {
	t.Parallel()
	config := pikatest.GraphConfig{
		Open: func(t *testing.T, dir string) (pika.Graph, func()) {
			db := openVectorsDB(t, dir)
			return db.Graph(), func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			}
		},
	}
	pikatest.Graph(t, config)
	pikatest.GraphRows(t, config)
}
