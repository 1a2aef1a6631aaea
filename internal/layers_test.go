package internal_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the layers into .golangci.yml, and the licences into docs")

// The linter knows which room may import which, so that an editor says at once
// what TestImportsPointDown says for every package. The list above is the one
// place; this test writes the linter's part of it.
func TestLinterKnowsTheLayers(t *testing.T) {
	var rooms []string
	mayImport := map[string][]string{}
	for _, m := range may {
		room, _, _ := strings.Cut(m.pkg, "/")
		if !slices.Contains(rooms, room) {
			rooms = append(rooms, room)
		}
		for _, i := range strings.Fields(m.imports) {
			other, _, _ := strings.Cut(i, "/")
			mayImport[room] = append(mayImport[room], other)
		}
	}

	var b strings.Builder
	rule := func(room, files string, denied []string) {
		fmt.Fprintf(&b, "        %s:\n          files: [%q, \"!$test\"]\n          deny:\n", room, files)
		for _, d := range denied {
			fmt.Fprintf(&b, "            - {pkg: %s, desc: not in %s}\n", d, room)
		}
	}
	for _, room := range rooms {
		if room == "testing" {
			continue
		}
		denied := []string{"rollbook/functions"}
		for _, other := range rooms {
			if other != room && !slices.Contains(mayImport[room], other) {
				// The linter takes the beginning of a path: web would be webhook as well.
				denied = append(denied, "rollbook/internal/"+other+"$", "rollbook/internal/"+other+"/")
			}
		}
		if room != "aws" && room != "local" {
			denied = append(denied, "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go")
		}
		rule(room, "**/internal/"+room+"/**", denied)
	}
	rule("functions", "**/functions/**", []string{"rollbook/internal/local", "rollbook/internal/testing"})

	const config = "../.golangci.yml"
	const first, last = "      # layers: go test ./internal -run Layers -update\n", "      # end of layers\n"
	file, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(file), first)
	_, tail, ended := strings.Cut(rest, last)
	if !found || !ended {
		t.Fatalf("%s has no part between %q and %q", config, first, last)
	}
	want := head + first + "      rules:\n" + b.String() + last + tail
	if want == string(file) {
		return
	}
	if !*update {
		t.Fatalf("%s has other layers than imports_test.go: run go test ./internal -run Layers -update", config)
	}
	if err := os.WriteFile(config, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
