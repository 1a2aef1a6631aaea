package mail_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"rollbook/internal/domain"
)

// A mail and the screen that its link leads to name the same things alike.
func TestMailAndScreenUseTheSameWords(t *testing.T) {
	for _, lang := range languages {
		t.Run(lang, func(t *testing.T) {
			b, err := os.ReadFile("../web/src/lang/" + lang + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var screen map[string]any
			if err := json.Unmarshal(b, &screen); err != nil {
				t.Fatal(err)
			}
			says := func(m, key string) {
				t.Helper()
				word, ok := screen[key].(string)
				if !ok || !strings.Contains(strings.ToLower(m), strings.ToLower(word)) {
					t.Errorf("the screen has %q for %s, the mail says:\n%s", word, key, m)
				}
			}
			i := domain.Import{ID: "i1", DataType: domain.Criteria, Action: domain.Update, FileName: "a.csv", Language: lang, Status: domain.Done,
				Counts: domain.Counts{Rows: 21, Created: 1, Updated: 2, Unchanged: 3, Rejected: 4, Conflicted: 5, Unprocessed: 6}, Files: []string{"original", "errors", "changes", "undo"}}
			m := letters.Import(i, "Aurora Theatre").Text
			for _, key := range []string{"outcome.created", "outcome.updated", "outcome.unchanged", "outcome.rejected", "outcome.conflicted", "outcome.unprocessed"} {
				says(m, key)
			}
			i.Action = domain.Test
			m = letters.Import(i, "Aurora Theatre").Text
			for _, key := range []string{"outcome.created.test", "outcome.updated.test"} {
				says(m, key)
			}
			for _, dt := range domain.DataTypes {
				i.DataType = dt
				says(letters.Import(i, "Aurora Theatre").Text, "dataType."+string(dt))
			}
			ready := domain.Template{ID: "t1", DataType: domain.Criteria, TargetName: "Jazz", Language: lang, Status: domain.Ready, Contacts: 2}
			says(letters.Template(ready, "Aurora Theatre").Text, "dataType.criteria")
		})
	}
}
