// Package internal_test checks which packages may import which.
package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// may lists every package below internal and what it may import of ours, floor
// by floor from the lowest: a package imports only what stands above it here. A
// package on no list fails, so a new one is a decision and not an accident.
// Test files are free.
var may = []struct {
	pkg     string
	imports string
}{
	// The words of the domain: what a contact, a field, a value is.
	{"domain/text", ""},
	{"domain/reason", "domain/text"},
	{"domain/fault", "domain/reason"},
	{"domain", "domain/reason domain/text"},
	{"domain/day", "domain/text"},
	{"domain/field", "domain domain/day domain/reason domain/text"},
	{"domain/person", "domain domain/day domain/field domain/reason domain/text"},
	{"domain/phone", "domain/field domain/reason"},
	{"domain/condition", "domain domain/fault domain/field domain/reason domain/text"},

	// Files: people's and ours.
	{"file/sheet", "domain/fault domain/reason domain/text"},
	{"file/workbook", "domain domain/fault domain/field domain/reason file/sheet"},
	{"file/guide", "domain"},
	{"file/column", "domain/text"},

	// What all steps of an import share.
	{"importing/flow", "domain domain/fault domain/reason"},
	{"importing/compare", "domain domain/fault domain/field domain/reason domain/text importing/flow"},
	{"importing/account", "domain domain/day domain/fault domain/field domain/person domain/phone domain/reason domain/text importing/compare importing/flow"},
	{"mail", "domain domain/fault domain/reason domain/text"},
	{"webhook", "domain"},

	// What each function does. A step imports neither an adapter nor another step.
	{"steps/start", "domain domain/fault domain/reason importing/flow"},
	{"steps/plan", "domain domain/day domain/fault domain/field domain/person domain/reason domain/text file/column file/sheet importing/flow"},
	{"steps/chunk", "domain domain/fault domain/reason importing/account importing/compare importing/flow"},
	{"steps/finish", "domain domain/fault domain/field domain/reason file/sheet file/workbook importing/account importing/compare importing/flow mail"},
	{"steps/template", "domain domain/condition domain/fault domain/field domain/reason domain/text file/sheet file/workbook importing/flow mail"},
	{"steps/reconcile", "domain domain/fault domain/reason importing/flow"},
	{"steps/announce", "domain domain/fault importing/flow webhook"},
	{"api/token", "domain/fault domain/reason"},
	{"api", "domain domain/condition domain/fault domain/field domain/person domain/phone domain/reason domain/text file/sheet importing/flow webhook"},
	{"web", ""},

	// The adapters of AWS.
	{"aws/awsfault", "domain/fault domain/reason"},
	{"aws/config", ""},
	{"aws/blob", "aws/awsfault domain domain/fault domain/reason"},
	{"aws/cognito", "aws/awsfault domain domain/fault domain/reason"},
	{"aws/dynamo", "aws/awsfault domain domain/fault domain/reason domain/text"},
	{"aws/dynamo/rollbook-lookups", "aws/config aws/dynamo domain"},
	{"aws/dynamo/rollbook-restore", "aws/config aws/dynamo"},
	{"aws/ses", "aws/awsfault domain domain/fault domain/reason mail"},
	{"aws/stepfunctions", "aws/awsfault domain/fault domain/reason"},
	{"aws/eventbridge", "aws/awsfault domain webhook"},
	{"aws/invoke", "aws/awsfault"},
	{"aws/lambdaruntime", "domain/fault domain/reason"},
	{"aws/httpapi", ""},
	{"aws/tenant", "domain domain/fault domain/reason"},

	// The stack on this machine.
	{"local/emulator", "aws/config"},
	{"local/demo", "domain domain/fault domain/reason"},
	{"local/year", "api aws/blob aws/cognito aws/dynamo aws/ses aws/stepfunctions domain domain/fault file/guide importing local/demo mail steps"},
	{"local", "aws/dynamo domain local/demo local/emulator local/year"},
	{"local/rollbook-local", "local local/emulator"},

	// What tests stand on.
	{"testing/needs", ""},
	{"testing/documents", "local/emulator"},
	{"testing/fonts", ""},
	{"testing/asl", ""},
	{"testing/memory", "domain domain/fault domain/reason domain/text mail"},
	{"testing/storetest", "domain domain/fault domain/reason"},
	{"testing/importtest", "domain domain/fault domain/reason importing local/demo mail steps testing/memory"},
	{"testing/dev", "api domain domain/fault domain/reason file/guide importing local/demo mail steps testing/memory web webhook"},
	{"testing/dev/serve", "testing/dev"},
	{"testing/browser", "testing/fonts testing/needs"},
	{"testing/exactmodel", ""},
	{"testing/chaos", "aws/dynamo domain local local/demo local/emulator"},
	{"testing/chaos/rollbook-chaos", "local testing/chaos"},
	{"testing/bench", "api aws/dynamo domain domain/fault file/guide file/sheet file/workbook importing local/demo local/emulator mail steps testing/memory"},
	{"testing/bench/peers", "aws/dynamo domain file/sheet file/workbook importing local/demo local/emulator mail steps testing/memory"},
}

// rooms may be named whole in a list above: every package in them.
var rooms = []string{"importing", "steps"}

type pkg struct {
	ImportPath string
	GoFiles    []string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,GoFiles,Imports", "rollbook/...")
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
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d packages listed", len(all))
	}
	return all
}

func under(path string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(r string) bool { return path == r || strings.HasPrefix(path, r+"/") })
}

func TestImportsPointDown(t *testing.T) {
	allowed, floor := map[string][]string{}, map[string]int{}
	for i, m := range may {
		allowed[m.pkg], floor[m.pkg] = strings.Fields(m.imports), i
	}
	for _, m := range may {
		for _, a := range allowed[m.pkg] {
			if !slices.Contains(rooms, a) && floor[a] >= floor[m.pkg] {
				t.Errorf("%s is allowed %s, which stands on no lower floor", m.pkg, a)
			}
		}
	}
	seen := map[string]bool{}
	for _, p := range packages(t) {
		name, inside := strings.CutPrefix(p.ImportPath, "rollbook/internal/")
		if !inside {
			if under(p.ImportPath, "rollbook/functions") {
				for _, i := range p.Imports {
					if under(i, "rollbook/internal/testing", "rollbook/internal/local") {
						t.Errorf("%s imports %s, which is for tests and for this machine", p.ImportPath, i)
					}
				}
			}
			continue
		}
		seen[name] = true
		list, ok := allowed[name]
		if !ok {
			t.Errorf("internal/%s is on no list", name)
		}
		for _, i := range p.Imports {
			of, ours := strings.CutPrefix(i, "rollbook/internal/")
			room := slices.ContainsFunc(list, func(a string) bool { return slices.Contains(rooms, a) && under(of, a) })
			if ours && !slices.Contains(list, of) && !room {
				t.Errorf("internal/%s imports %s", name, of)
			}
			if under(i, "rollbook/functions") {
				t.Errorf("internal/%s imports %s", name, i)
			}
		}
	}
	for _, m := range may {
		if !seen[m.pkg] {
			t.Errorf("internal/%s is listed and does not exist", m.pkg)
		}
	}
}

// The AWS SDK stays in the adapters, the functions and what runs them here.
func TestOnlyAdaptersImportTheSDK(t *testing.T) {
	for _, p := range packages(t) {
		if under(p.ImportPath, "rollbook/functions", "rollbook/internal/aws", "rollbook/internal/local", "rollbook/internal/testing/bench", "rollbook/internal/testing/chaos") {
			continue
		}
		for _, i := range p.Imports {
			if strings.HasPrefix(i, "github.com/aws/aws-sdk-go-v2") || strings.HasPrefix(i, "github.com/aws/smithy-go") {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
	}
}
