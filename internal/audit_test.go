package internal_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// Whoever reads who did what reads words: each operation that changes something, and
// each that hands out contacts, has a name on the screen.
func TestWhatIsAuditedHasWords(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	words := map[string]any{}
	for file, into := range map[string]any{"api/testdata/openapi.golden": &doc, "web/src/lang/more-en.json": &words} {
		b, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	// These change nothing that is remembered.
	silent := []string{"previewTarget", "countTarget", "nextNumber", "searchChanges", "putDraft", "deleteDraft"}
	names := []string{"signIn", "getImportFile", "getTemplateFile", "listAudit", "findContacts"}
	for _, operations := range doc.Paths {
		for method, op := range operations {
			if method != "get" && !slices.Contains(silent, op.OperationID) {
				names = append(names, op.OperationID)
			}
		}
	}
	if len(names) < 30 {
		t.Fatalf("only %d operations", len(names))
	}
	for _, name := range names {
		if words["audit.did."+name] == nil {
			t.Errorf("%s has no word on the screen", name)
		}
	}
}
