package internal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var (
	linkForm    = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|href|srcset)="([^"\s]+)"|(?m:^\[[^\]]+\]: +(\S+))`)
	anchorForm  = regexp.MustCompile(`<a id="([\w-]+)">`)
	headingForm = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	quotedForm  = regexp.MustCompile("`([^`\n]+)`")
	pathForm    = regexp.MustCompile(`^(\.ci|docs|functions|internal)(/[\w.-]+)*/?$`)
	makeForm    = regexp.MustCompile(`(?m)^[ \x60]*make ([a-z][a-z-]*)\b`)
	targetForm  = regexp.MustCompile(`(?m)^([a-z-]+):`)
	testForm    = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w*\b`)
	codeForm    = regexp.MustCompile("(?s)```.*?```|(?m)^    .*$|`[^`\n]+`")
)

// What the documents link to and name is there: files, headings, packages, tests and
// the targets of make.
func TestDocumentsLeadSomewhere(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, m := range targetForm.FindAllStringSubmatch(string(makefile), -1) {
		targets[m[1]] = true
	}
	tests := declaredTests(t)
	links := 0
	for _, file := range markdown(t) {
		b, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, m := range linkForm.FindAllStringSubmatch(codeForm.ReplaceAllString(text, ""), -1) {
			link := m[1] + m[2] + m[3]
			if strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "mailto:") {
				continue // another site, or a mail
			}
			links++
			path, anchor, _ := strings.Cut(link, "#")
			to := filepath.Join("..", filepath.Dir(file), path)
			if path == "" {
				to = filepath.Join("..", file)
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: %s is not there", file, link)
			} else if anchor != "" && !slices.Contains(anchors(t, to), anchor) {
				t.Errorf("%s: %s has no heading #%s", file, path, anchor)
			}
		}
		for _, m := range quotedForm.FindAllStringSubmatch(text, -1) {
			if pathForm.MatchString(m[1]) {
				links++
				if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
					t.Errorf("%s: %s is not there", file, m[1])
				}
			}
		}
		if file == "CHANGELOG.md" {
			continue // what is told there may be gone
		}
		for _, code := range codeForm.FindAllString(text, -1) {
			for _, m := range makeForm.FindAllStringSubmatch(code, -1) {
				if links++; !targets[m[1]] {
					t.Errorf("%s: there is no make %s", file, m[1])
				}
			}
		}
		for _, name := range testForm.FindAllString(text, -1) {
			if links++; !tests[name] {
				t.Errorf("%s: there is no %s", file, name)
			}
		}
	}
	if links < 100 {
		t.Errorf("only %d things were looked at", links)
	}
}

// Every document is a few links away from the README.
func TestEveryDocumentIsFound(t *testing.T) {
	found, next := map[string]bool{"README.md": true}, []string{"README.md"}
	for len(next) > 0 {
		file := next[0]
		next = next[1:]
		b, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range linkForm.FindAllStringSubmatch(string(b), -1) {
			path, _, _ := strings.Cut(m[1]+m[2]+m[3], "#")
			if to := filepath.Join(filepath.Dir(file), path); strings.HasSuffix(to, ".md") && !strings.Contains(path, ":") && !found[to] {
				found[to] = true
				next = append(next, to)
			}
		}
	}
	for _, file := range markdown(t) {
		if (file == filepath.Base(file) || strings.HasPrefix(file, "docs/")) && !found[file] {
			t.Errorf("nothing leads to %s", file)
		}
	}
}

// A row of a table has as many cells as its head: a page would drop the others.
func TestTablesAreWhole(t *testing.T) {
	pipe := regexp.MustCompile(`(?:^|[^\\])\|`)
	rows := 0
	for _, file := range markdown(t) {
		b, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		head, fenced := 0, false
		for n, line := range strings.Split(string(b), "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				fenced = !fenced
			}
			if fenced || !strings.HasPrefix(line, "|") {
				head = 0
				continue
			}
			rows++
			switch cells := len(pipe.FindAllString(line, -1)); {
			case head == 0:
				head = cells
			case cells != head:
				t.Errorf("%s:%d has %d cells, the head of its table %d", file, n+1, cells-1, head-1)
			}
		}
	}
	if rows < 500 {
		t.Errorf("only %d rows of tables", rows)
	}
}

// markdown returns the paths of all documents.
func markdown(t *testing.T) []string {
	t.Helper()
	var all []string
	if err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil:
		case d.IsDir() && len(name) > 2 && name[0] == '.':
			return filepath.SkipDir // of git, or what make has put there
		case strings.HasSuffix(name, ".md"):
			all = append(all, strings.TrimPrefix(path, "../"))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// anchors returns the headings of a document as addresses name them.
func anchors(t *testing.T, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range anchorForm.FindAllStringSubmatch(string(b), -1) {
		all = append(all, m[1])
	}
	for _, m := range headingForm.FindAllStringSubmatch(string(b), -1) {
		all = append(all, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, m[1]))
	}
	return all
}

// declaredTests returns the names of all tests.
func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	form := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	all := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range form.FindAllStringSubmatch(string(b), -1) {
			all[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
