// Package internal_test checks which packages may import which.
package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

type pkg struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports", "rollbook/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 20 {
		t.Fatalf("only %d packages listed", len(all))
	}
	return all
}

func under(path string, roots ...string) bool {
	for _, r := range roots {
		if path == "rollbook/"+r || strings.HasPrefix(path, "rollbook/"+r+"/") {
			return true
		}
	}
	return false
}

// The AWS SDK stays in the adapters, the functions and what runs them here.
func TestOnlyAdaptersImportTheSDK(t *testing.T) {
	adapters := []string{"functions", "internal/dynamo", "internal/blob", "internal/ses", "internal/states", "internal/invoke", "internal/awsfault",
		"internal/local", "internal/bench"}
	for _, p := range packages(t) {
		for _, i := range p.Imports {
			if (strings.HasPrefix(i, "github.com/aws/aws-sdk-go-v2") || strings.HasPrefix(i, "github.com/aws/smithy-go")) && !under(p.ImportPath, adapters...) {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
	}
}

// Imports point one way: words, then what files hold, then steps, then
// functions. A step imports neither an adapter nor another step.
func TestImportsPointOneWay(t *testing.T) {
	steps := []string{"internal/api", "internal/template", "internal/start", "internal/plan", "internal/chunk", "internal/finish"}
	adapters := []string{"internal/dynamo", "internal/blob", "internal/ses", "internal/states", "internal/memory"}
	words := map[string][]string{ // what the lowest packages may import of ours
		"internal/fault":  {},
		"internal/fold":   {},
		"internal/roll":   {},
		"internal/sheet":  {"internal/fault"},
		"internal/cell":   {"internal/fault", "internal/roll", "internal/fold"},
		"internal/target": {"internal/fault", "internal/roll", "internal/fold", "internal/cell"},
		"internal/flow":   {"internal/fault", "internal/roll"},
	}
	for _, p := range packages(t) {
		for _, i := range p.Imports {
			if !strings.HasPrefix(i, "rollbook/") {
				continue
			}
			name := strings.TrimPrefix(p.ImportPath, "rollbook/")
			if may, low := words[name]; low && !under(i, may...) {
				t.Errorf("%s imports %s", name, i)
			}
			for _, s := range steps {
				if under(p.ImportPath, s) && (under(i, adapters...) || under(i, steps...) && !under(i, s)) {
					t.Errorf("the step %s imports %s", name, i)
				}
			}
			if under(p.ImportPath, adapters...) && under(i, steps...) {
				t.Errorf("the adapter %s imports the step %s", name, i)
			}
			if under(i, "functions") || under(i, "internal/storetest", "internal/importtest") && !under(p.ImportPath, "internal/importtest") {
				t.Errorf("%s imports %s, which is for nobody", name, i)
			}
		}
	}
}
