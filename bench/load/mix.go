package main

import (
	"fmt"
	"strconv"
	"strings"
)

// mix says what is asked. What neither repeats nor paraphrases is new.
type mix struct {
	repeats     float64 // share of searches that are word for word a former one of the user, lately asked ones more often
	paraphrases float64 // share of searches that say a former one in a few more words
	writes      float64 // writes per search, of one fact each
}

// defaultMix is the one of the target: at least 85 % of its searches can be answered by caches.
var defaultMix = mix{repeats: 0.90, paraphrases: 0.04, writes: 0.01}

// rampMixes are those of -ramp: the target's, an assistant with routines, what chat logs show, and no repetition.
var rampMixes = []mix{
	defaultMix,
	{repeats: 0.45, paraphrases: 0.25, writes: 0.01},
	{repeats: 0.18, paraphrases: 0.13, writes: 0.01},
	{writes: 0.01},
}

// String is what Set reads.
func (m *mix) String() string {
	if m == nil {
		return ""
	}
	return fmt.Sprintf("repeats=%g,paraphrases=%g,writes=%g", m.repeats, m.paraphrases, m.writes)
}

// Set implements flag.Value. What is not named is 0.
func (m *mix) Set(s string) error {
	*m = mix{}
	shares := map[string]*float64{"repeats": &m.repeats, "paraphrases": &m.paraphrases, "writes": &m.writes}
	for part := range strings.SplitSeq(s, ",") {
		name, value, _ := strings.Cut(part, "=")
		share, known := shares[name]
		if !known {
			return fmt.Errorf("%q is none of repeats, paraphrases and writes", name)
		}
		f, err := strconv.ParseFloat(value, 64)
		if err != nil || f < 0 || f > 1 {
			return fmt.Errorf("%s is a share from 0 to 1, not %q", name, value)
		}
		*share = f
	}
	if m.repeats+m.paraphrases > 1 {
		return fmt.Errorf("repeats and paraphrases are more than all together")
	}
	return nil
}

// what describes the mix in a table.
func (m mix) what() string {
	return fmt.Sprintf("%.0f %% repeated, %.0f %% paraphrased, %g writes per search", 100*m.repeats, 100*m.paraphrases, m.writes)
}
