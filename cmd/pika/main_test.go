package main_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/pikamem/pika/deploy/local/localtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := localtest.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
