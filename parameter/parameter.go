// Package parameter reads the parameters of a store's URL: ?pool_size=50&tls=true.
//
// What may come in: how values of such parameters are read, and what is said of wrong
// ones. What may not: which parameters a store has, and anything of a store.
package parameter

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Set gives a setting the value that a URL names. Its errors end a sentence that begins
// with "has a NAME that is" and never repeat the value.
type Set func(value string) error

// Read gives every parameter of a query to its Set in table. Unknown parameters and
// repeated ones are errors. Errors go on a sentence that begins with what was read:
// "has a parameter that …".
func Read(query string, table map[string]Set) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("has parameters that are not of the form name=value&name=value")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		set, ok := table[name]
		switch {
		case !ok:
			return fmt.Errorf("has a parameter that is not known; allowed are %s", strings.Join(slices.Sorted(maps.Keys(table)), ", "))
		case len(values[name]) > 1:
			return fmt.Errorf("has %s %d times; once is allowed", name, len(values[name]))
		}
		if err := set(values.Get(name)); err != nil {
			return fmt.Errorf("has a %s that is %w", name, err)
		}
	}
	return nil
}

// Text sets a text that is not empty.
func Text(target *string) Set {
	return func(value string) error {
		if value == "" {
			return errors.New("empty; leave it out to have its default")
		}
		*target = value
		return nil
	}
}

// Number sets a whole number of at least 1.
func Number(target *int) Set {
	return func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return errors.New("no whole number of at least 1")
		}
		*target = n
		return nil
	}
}

// Bool sets true or false.
func Bool(target *bool) Set {
	return func(value string) error {
		if value != "true" && value != "false" {
			return errors.New("neither true nor false")
		}
		*target = value == "true"
		return nil
	}
}

// Duration sets a duration above 0.
func Duration(target *time.Duration) Set {
	return func(value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return errors.New("no duration above 0, as in 300ms or 5s")
		}
		*target = d
		return nil
	}
}
