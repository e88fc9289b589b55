//go:build !unix

package sqlite_test

import "testing"

func runAsNobody(*testing.T) bool { return false }
