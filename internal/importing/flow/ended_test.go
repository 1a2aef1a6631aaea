package flow_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/importing/flow"
)

func TestEndedOfRecordedEvents(t *testing.T) {
	for file, want := range map[string]struct{ id, failed string }{
		"finish-after-chunks.json":    {"ok1", ""},
		"finish-after-rejection.json": {"rej1", "FileRejected"},
		"finish-after-crash.json":     {"crash1", "Runtime.ExitError"},
		"finish-after-abort.json":     {"stop1", "Execution.ABORTED"},
	} {
		b, err := os.ReadFile(filepath.Join("..", "..", "..", "events", file))
		if err != nil {
			t.Fatal(err)
		}
		var got flow.Ended
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		run := flow.Run{Version: 1, Institution: "aurora", Import: want.id}
		if d := cmp.Diff(run, got.Run); d != "" {
			t.Errorf("%s: %s", file, d)
		}
		var failed struct{ Error string }
		if len(got.Failed) > 0 {
			if err := json.Unmarshal(got.Failed, &failed); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
		}
		if failed.Error != want.failed {
			t.Errorf("%s: failed is %q, want %q", file, failed.Error, want.failed)
		}
	}
}

func TestEndedRefusesWhatItCannotRead(t *testing.T) {
	for _, event := range []string{``, `[]`, `{"input":"no JSON"}`, `{"import":7}`} {
		var got flow.Ended
		if err := json.Unmarshal([]byte(event), &got); err == nil {
			t.Errorf("%q is read as %+v", event, got)
		}
	}
}
