package gateway

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/pikamem/pika"
)

// maxFieldErrors bounds the list of faults in one answer.
const maxFieldErrors = 32

// checker compares a document with a published schema. It knows the part of JSON
// Schema that this package's types lead to, and gives every fault the caller's own
// words for its place. Null stands for "not given" wherever a member is optional.
type checker struct {
	schemas huma.Registry
	path    []step
	faults  []pika.FieldError
}

// step is one part of a path: a member, or an item if name is empty.
type step struct {
	name  string
	index int
}

// check returns the faults of n, at most maxFieldErrors. place names the whole.
func check(schemas huma.Registry, s *huma.Schema, n *node, place string) []pika.FieldError {
	c := checker{schemas: schemas}
	if place != "" {
		c.path = append(c.path, step{name: place})
	}
	c.value(s, n)
	return c.faults
}

func (c *checker) fault(format string, args ...any) {
	if len(c.faults) < maxFieldErrors {
		c.faults = append(c.faults, pika.FieldError{Field: c.field(), Message: fmt.Sprintf(format, args...)})
	}
}

// faultAt is fault for a member of the present object.
func (c *checker) faultAt(name, format string, args ...any) {
	c.path = append(c.path, step{name: name})
	c.fault(format, args...)
	c.path = c.path[:len(c.path)-1]
}

func (c *checker) field() string {
	var b strings.Builder
	for _, s := range c.path {
		switch {
		case s.name == "":
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case b.Len() > 0:
			b.WriteString("." + shown(s.name))
		default:
			b.WriteString(shown(s.name))
		}
	}
	if b.Len() == 0 {
		return "body"
	}
	return b.String()
}

func (c *checker) value(s *huma.Schema, n *node) {
	if s.Ref != "" {
		s = c.schemas.SchemaFromRef(s.Ref)
	}
	switch s.Type {
	case huma.TypeObject:
		c.object(s, n)
	case huma.TypeArray:
		c.array(s, n)
	case huma.TypeString:
		c.string(s, n)
	case huma.TypeInteger, huma.TypeNumber:
		c.number(s, n)
	case huma.TypeBoolean:
		if n.kind != kindBool {
			c.fault("must be true or false")
		}
	}
}

func (c *checker) object(s *huma.Schema, n *node) {
	switch {
	case n.kind != kindObject:
		c.fault("must be an object")
		return
	case s.Format == formatMetadata:
		c.metadata(n)
		return
	}
	for _, name := range s.Required {
		if m := n.member(name); m == nil || m.kind == kindNull {
			c.faultAt(name, "is required")
		}
	}
	for i := range n.kids {
		kid := &n.kids[i]
		switch schema, known := s.Properties[kid.name]; {
		case !known:
			c.faultAt(kid.name, "is not known here; known are %s", strings.Join(slices.Sorted(maps.Keys(s.Properties)), ", "))
		case kid.kind != kindNull:
			c.path = append(c.path, step{name: kid.name})
			c.value(schema, kid)
			c.path = c.path[:len(c.path)-1]
		}
	}
}

func (c *checker) array(s *huma.Schema, n *node) {
	if n.kind != kindArray {
		c.fault("must be a list")
		return
	}
	low, high := orDefault(s.MinItems, 0), orDefault(s.MaxItems, math.MaxInt)
	if len(n.kids) < low || len(n.kids) > high {
		c.fault("must hold %d to %d items, not %d", low, high, len(n.kids))
		return
	}
	for i := range n.kids {
		c.path = append(c.path, step{index: i})
		c.value(s.Items, &n.kids[i])
		c.path = c.path[:len(c.path)-1]
	}
}

func (c *checker) number(s *huma.Schema, n *node) {
	if n.kind != kindNumber {
		c.fault("must be a %s", numberWord(s))
		return
	}
	if s.Type == huma.TypeInteger && strings.ContainsAny(n.text, ".eE") {
		c.fault("must be a %s, written without fraction or exponent", numberWord(s))
		return
	}
	v, err := strconv.ParseFloat(n.text, 64)
	low, high := orDefault(s.Minimum, math.Inf(-1)), orDefault(s.Maximum, math.Inf(1))
	switch {
	case s.ExclusiveMinimum != nil && (err != nil || v <= *s.ExclusiveMinimum || v > high):
		c.fault("must be a %s over %v, up to %v", numberWord(s), *s.ExclusiveMinimum, high)
	case err != nil || v < low || v > high:
		c.fault("must be a %s from %v to %v", numberWord(s), low, high)
	}
}

func numberWord(s *huma.Schema) string {
	if s.Type == huma.TypeInteger {
		return "whole number"
	}
	return "number"
}

func (c *checker) string(s *huma.Schema, n *node) {
	switch {
	case n.kind != kindString:
		c.fault("must be a string")
		return
	case len(s.Enum) > 0:
		c.enum(s, n.text)
		return
	case s.Format == formatTime:
		if _, err := parseTime(n.text); err != nil {
			c.fault("%s", err.Error())
		}
		return
	}
	low, high := orDefault(s.MinLength, 0), orDefault(s.MaxLength, math.MaxInt)
	if len(n.text) < low || len(n.text) > high {
		c.fault("must be %d to %d bytes of UTF-8, not %d", low, high, len(n.text))
		return
	}
	if rule := textRules[s.Format]; rule != nil {
		if message := rule(n.text); message != "" {
			c.fault("%s", message)
		}
	}
}

func (c *checker) enum(s *huma.Schema, text string) {
	names := make([]string, len(s.Enum))
	for i, v := range s.Enum {
		names[i] = fmt.Sprint(v)
		if names[i] == text {
			return
		}
	}
	c.fault("must be one of %s", strings.Join(names, ", "))
}

// metadata checks a flat object of strings, numbers and booleans.
func (c *checker) metadata(n *node) {
	size := len("{}")
	for i := range n.kids {
		kid := &n.kids[i]
		size += len(`"":,`) + len(kid.name) + len(kid.text)
		switch message := metadataFault(kid); {
		case kid.name == "":
			c.fault("must not hold an empty name")
		case hasControl(kid.name):
			c.faultAt(kid.name, "must not have control characters in its name")
		case message != "":
			c.faultAt(kid.name, "%s", message)
		}
	}
	if size > pika.MaxMetadataBytes {
		c.fault("must be at most %d bytes as JSON", pika.MaxMetadataBytes)
	}
}

func metadataFault(n *node) string {
	switch n.kind {
	case kindString:
		return checkBlock(n.text)
	case kindNumber:
		return exactNumber(n.text)
	case kindBool:
		return ""
	}
	return "must be a string, a number or a boolean: metadata is flat"
}

// exactNumber refuses numbers that would come back, and compare, as others.
func exactNumber(literal string) string {
	v, err := strconv.ParseFloat(literal, 64)
	switch {
	case err != nil:
		return "must be a number that fits a 64-bit float"
	case math.Abs(v) > 1<<53 && !strings.ContainsAny(literal, ".eE"):
		return "is too large to be kept exactly as a number; send it as a string"
	}
	return ""
}

// orDefault returns what a schema states, or the default where it states nothing.
func orDefault[T any](stated *T, otherwise T) T {
	if stated == nil {
		return otherwise
	}
	return *stated
}
