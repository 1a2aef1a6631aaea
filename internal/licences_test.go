package internal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// licences are those that what we deliver may have, each with a sentence of it.
var licences = []struct{ name, words string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MPL-2.0", "Mozilla Public License Version 2.0"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"BSD-3-Clause", "Neither the name of"},
	{"BSD-2-Clause", "Redistribution and use in source and binary forms"},
}

// licenceOf reads the licence of the module in the folder.
func licenceOf(dir string) (string, error) {
	for _, pattern := range []string{"LICENSE*", "LICENCE*", "License*", "COPYING*"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return "", err
		}
		for _, file := range found {
			b, err := os.ReadFile(file)
			if err != nil {
				return "", err
			}
			text := strings.Join(strings.Fields(string(b)), " ")
			for _, l := range licences {
				if strings.Contains(text, l.words) {
					return l.name, nil
				}
			}
		}
	}
	return "", errors.New("no licence that may be delivered")
}

// All that is in the functions and on the screen is listed with its licence, and
// none has one that asks more of who runs Rollbook than to name it.
func TestLicencesAreListed(t *testing.T) {
	const list = "../docs/licences.md"
	in := map[string][]string{}
	kind := map[string]string{}
	functions, err := filepath.Glob("../functions/*/main.go")
	if err != nil || len(functions) == 0 {
		t.Fatal(functions, err)
	}
	for _, f := range functions {
		dir := filepath.Dir(f)
		out, err := exec.Command("go", "list", "-deps", "-tags=lambda.norpc", "-json=Module", "./"+dir).Output()
		if err != nil {
			t.Fatal(err)
		}
		for d := json.NewDecoder(bytes.NewReader(out)); ; {
			var p struct {
				Module *struct {
					Path, Dir string
					Main      bool
				}
			}
			if err := d.Decode(&p); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if p.Module == nil || p.Module.Main {
				continue
			}
			m := p.Module.Path
			if name := filepath.Base(dir); !slices.Contains(in[m], name) {
				in[m] = append(in[m], name)
			}
			if kind[m], err = licenceOf(p.Module.Dir); err != nil {
				t.Errorf("%s: %v", m, err)
			}
		}
	}
	in["the Go standard library"], kind["the Go standard library"] = []string{"all"}, "BSD-3-Clause"
	vendored, err := filepath.Glob("web/src/vendor/*/package.json")
	if err != nil {
		t.Fatal(err)
	}
	scoped, err := filepath.Glob("web/src/vendor/@*/*/package.json")
	if err != nil || len(vendored)+len(scoped) == 0 {
		t.Fatal("nothing on the screen is another's? ", err)
	}
	for _, file := range append(vendored, scoped...) {
		name, err := filepath.Rel("web/src/vendor", filepath.Dir(file))
		if err != nil {
			t.Fatal(err)
		}
		in[name] = []string{"the screen"}
		if kind[name], err = licenceOf(filepath.Dir(file)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var b strings.Builder
	b.WriteString("# Licences\n\nWhat the functions and the screen are made of besides Rollbook's own code (MIT, see [LICENSE](../LICENSE)), written by `go test ./internal -run Licences -update`. `make sbom` has the versions. Tools of development and of the local stack are not delivered and not listed.\n\n| | licence | in |\n|---|---|---|\n")
	var names []string
	for name := range in {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		where := strings.Join(in[name], ", ")
		if len(in[name]) == len(functions) {
			where = "all"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, kind[name], where)
	}
	if *update {
		if err := os.WriteFile(list, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	was, err := os.ReadFile(list)
	if err != nil || string(was) != b.String() {
		t.Errorf("docs/licences.md is not what is delivered: go test ./internal -run Licences -update (%v)", err)
	}
}
