package pikatest

import (
	"fmt"
	"testing"

	"github.com/pikamem/pika"
)

// Models is the conformance suite of pika.Models, as a part of the truth.
func Models(t *testing.T, config TruthConfig) {
	s := truthSuite{config}
	s.run(t, map[string]func(*testing.T, Truth){
		"none yet":         testNoModel,
		"claim":            testClaimModel,
		"switch":           testSwitchModel,
		"invalid":          testInvalidModel,
		"concurrent claim": testClaimTogether,
		"concurrent turn":  testSwitchTogether,
	})
	t.Run("durability", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		truth := s.config.Open(t, dir)
		claimModel(t, truth, active(modelOne, "local"), active(modelOne, "local"))
		if err := truth.Close(); err != nil {
			t.Fatal(err)
		}
		truth = s.config.Open(t, dir)
		wantModel(t, truth, active(modelOne, "local"))
		if err := truth.Close(); err != nil {
			t.Error(err)
		}
	})
}

func active(m pika.EmbeddingModel, embedder string) pika.ActiveModel {
	return pika.ActiveModel{EmbeddingModel: m, Embedder: embedder}
}

func wantModel(t *testing.T, truth Truth, want pika.ActiveModel) {
	t.Helper()
	got, err := truth.ActiveModel(t.Context())
	if err != nil || got != want {
		t.Errorf("ActiveModel = %+v, %v; want %+v", got, err, want)
	}
}

func claimModel(t *testing.T, truth Truth, m, want pika.ActiveModel) {
	t.Helper()
	got, err := truth.ClaimModel(t.Context(), m)
	if err != nil || got != want {
		t.Errorf("ClaimModel(%+v) = %+v, %v; want %+v", m, got, err, want)
	}
}

func testNoModel(t *testing.T, truth Truth) {
	_, err := truth.ActiveModel(t.Context())
	wantCode(t, "ActiveModel of an empty store", err, pika.NotFound)
	wantCode(t, "SwitchModel from none", truth.SwitchModel(t.Context(), pika.ActiveModel{}, active(modelOne, "local")), pika.Conflict)
	_, err = truth.ActiveModel(t.Context())
	wantCode(t, "ActiveModel after a switch that was refused", err, pika.NotFound)
}

func testClaimModel(t *testing.T, truth Truth) {
	first := active(modelOne, "openai:Mô hình/1 \"x\"")
	claimModel(t, truth, first, first)
	wantModel(t, truth, first)
	for _, other := range []pika.ActiveModel{first, active(modelTwo, "local"), active(modelShort, "local"), active(modelOne, "another name")} {
		claimModel(t, truth, other, first)
		wantModel(t, truth, first)
	}
}

func testSwitchModel(t *testing.T, truth Truth) {
	one, two := active(modelOne, "local"), active(modelTwo, "openai:two")
	claimModel(t, truth, one, one)
	for _, from := range []pika.ActiveModel{two, active(modelShort, "local"), {}} {
		wantCode(t, fmt.Sprintf("SwitchModel from %+v", from), truth.SwitchModel(t.Context(), from, two), pika.Conflict)
		wantModel(t, truth, one)
	}
	if err := truth.SwitchModel(t.Context(), active(modelOne, "whatever it was called"), two); err != nil {
		t.Fatalf("SwitchModel = %v", err)
	}
	wantModel(t, truth, two)
	claimModel(t, truth, one, two)
	wantCode(t, "the same switch again", truth.SwitchModel(t.Context(), one, two), pika.Conflict)
	if err := truth.SwitchModel(t.Context(), two, one); err != nil {
		t.Fatalf("SwitchModel back = %v", err)
	}
	wantModel(t, truth, one)
}

func testInvalidModel(t *testing.T, truth Truth) {
	one := active(modelOne, "local")
	for _, m := range []pika.EmbeddingModel{{}, {ID: "m"}, {Dimensions: 3}, {ID: "m", Dimensions: -1}} {
		_, err := truth.ClaimModel(t.Context(), active(m, "local"))
		wantCode(t, fmt.Sprintf("ClaimModel(%+v)", m), err, pika.Invalid)
	}
	claimModel(t, truth, one, one)
	wantCode(t, "SwitchModel to no model", truth.SwitchModel(t.Context(), one, pika.ActiveModel{}), pika.Invalid)
	wantModel(t, truth, one)
}

// testClaimTogether: of many that claim at once one wins, and all are told who.
func testClaimTogether(t *testing.T, truth Truth) {
	const claims = 12
	told := make([]pika.ActiveModel, claims)
	together(claims, func(i int) {
		var err error
		m := pika.ActiveModel{EmbeddingModel: pika.EmbeddingModel{ID: fmt.Sprint("m", i%4), Dimensions: 1 + i}, Embedder: fmt.Sprint(i)}
		if told[i], err = truth.ClaimModel(t.Context(), m); err != nil {
			t.Errorf("ClaimModel = %v", err)
		}
	})
	for _, m := range told {
		wantModel(t, truth, m)
	}
}

// testSwitchTogether: of many that switch from the same model one succeeds.
func testSwitchTogether(t *testing.T, truth Truth) {
	const switches = 8
	one := active(modelOne, "local")
	claimModel(t, truth, one, one)
	errs := make([]error, switches)
	to := func(i int) pika.ActiveModel {
		return pika.ActiveModel{EmbeddingModel: pika.EmbeddingModel{ID: fmt.Sprint("m", i), Dimensions: 3}}
	}
	together(switches, func(i int) { errs[i] = truth.SwitchModel(t.Context(), one, to(i)) })
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
			wantModel(t, truth, to(i))
			continue
		}
		wantCode(t, "SwitchModel that came too late", err, pika.Conflict)
	}
	wantSame(t, "switches that succeeded", won, 1)
}
