// Package documents finds the commands that documents have people run.
package documents

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rollbook/internal/local/emulator"
)

// Command is what stands in a document to be run.
type Command struct {
	// Heading is the nearest one above, "" before the first.
	Heading string
	// Line is where it begins, from 1.
	Line int
	// Fence is the language of a fenced block, Indented or Inline.
	Fence string
	// Text is the lines without fences and indentation, each with its end.
	Text string
}

// How a command stands where it is not between fences.
const (
	Indented = "indented"
	Inline   = "inline"
)

var (
	heading = regexp.MustCompile(`^#+ +(.+)$`)
	fence   = regexp.MustCompile("^( *)```(\\S*)")
	quoted  = regexp.MustCompile("`([^`\n]+)`")
	item    = regexp.MustCompile(`^ *([-*+]|\d+[.)]) `)
	// begins is how code in a sentence looks that is a command and no name.
	begins = regexp.MustCompile(`^(?:[A-Z_]+=\S+ )*(?:(?:make|go|aws|curl|npx|npm|node|uv|uvx|pip3?|git|python3?|sam|jq|openssl|java|mvn|apt|apt-get|brew|dnf|apk|docker|sudo|bash|sh) \S|(?:\./)?(?:\.ci|\.local/bin)/\S|\S+\.sh\b)`)
)

// Commands returns the code blocks of a document and the commands in its sentences,
// in their order.
func Commands(text string) []Command {
	var all []Command
	under, fenced, margin, inBlock, blank := "", false, "", false, true
	for n, line := range strings.Split(text, "\n") {
		last := len(all) - 1
		if m := fence.FindStringSubmatch(line); m != nil {
			if fenced = !fenced; fenced {
				margin = m[1]
				all = append(all, Command{Heading: under, Line: n + 1, Fence: m[2]})
			}
			inBlock = false
			continue
		}
		deep := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case fenced:
			all[last].Text += strings.TrimPrefix(line, margin) + "\n"
		case strings.TrimSpace(line) == "":
			blank = true
		case deep >= 4 && (blank || inBlock) && !item.MatchString(line):
			if !inBlock || blank {
				all = append(all, Command{Heading: under, Line: n + 1, Fence: Indented})
				last, margin = len(all)-1, line[:deep]
			}
			all[last].Text += strings.TrimPrefix(line, margin) + "\n"
			inBlock, blank = true, false
		default:
			inBlock, blank = false, false
			if m := heading.FindStringSubmatch(line); m != nil {
				under = m[1]
			}
			for _, m := range quoted.FindAllStringSubmatch(line, -1) {
				if begins.MatchString(m[1]) {
					all = append(all, Command{Heading: under, Line: n + 1, Fence: Inline, Text: m[1] + "\n"})
				}
			}
		}
	}
	return all
}

// Blocks returns the code blocks of a document, a path in the repository, under a
// heading or, if that is "", all of them. Who calls it runs them all: the test of
// the commands takes its calls for that.
func Blocks(t testing.TB, document, under string) []Command {
	t.Helper()
	root, err := emulator.Root()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(root, document))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []Command
	for _, c := range Commands(string(b)) {
		if c.Fence != Inline && (under == "" || c.Heading == under) {
			blocks = append(blocks, c)
		}
	}
	if len(blocks) == 0 {
		t.Fatalf("%s has no code under %q", document, under)
	}
	return blocks
}

// Words returns the simple commands of a piece of shell as their words, without
// assignments before them, control words and redirections.
func Words(shell string) [][]string {
	var all [][]string
	var words []string
	var word strings.Builder
	open, quote, comment := false, rune(0), false
	endWord := func() {
		if open {
			words = append(words, word.String())
		}
		word.Reset()
		open = false
	}
	end := func() {
		endWord()
		for len(words) > 0 && (control[words[0]] || assignment.MatchString(words[0])) {
			words = words[1:]
		}
		if len(words) > 0 && words[0] != "for" && words[0] != "done" && words[0] != "}" {
			all = append(all, words)
		}
		words = nil
	}
	shell = strings.ReplaceAll(shell, "\\\n", " ")
	for i, r := range shell {
		switch {
		case comment:
			comment = r != '\n'
			if r == '\n' {
				end()
			}
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, open = r, true
		case r == '#' && !open:
			comment = true
		case r == '\n' || r == ';' || r == '|' || r == '&' || r == '(' || r == ')':
			// $( and ) part commands as well: what is inside is one of its own.
			if r == '(' && strings.HasSuffix(shell[:i], "$") {
				open = false
				word.Reset()
			}
			end()
		case r == ' ' || r == '\t':
			endWord()
		default:
			open = true
			word.WriteRune(r)
		}
	}
	end()
	return all
}

var (
	control    = map[string]bool{"do": true, "then": true, "else": true, "until": true, "while": true, "if": true, "!": true, "{": true}
	assignment = regexp.MustCompile(`^[A-Za-z_]+=`)
)
