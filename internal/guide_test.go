package internal_test

import (
	"bytes"
	"image/gif"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rollbook/internal/domain"
)

var (
	guidePart    = regexp.MustCompile(`(?m)^<a id="(\w+)"></a>\n## `)
	guidePicture = regexp.MustCompile(`(?m)^!\[[^\]]+\]\(\w+/(\w+)\.png\)$`)
	boldForm     = regexp.MustCompile(`\*\*([^*]+)\*\*`)
)

func guideOf(t *testing.T, lang string) string {
	t.Helper()
	b, err := os.ReadFile("../docs/guide/" + lang + ".md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// shapeOf is what a guide is made of, whatever its language: parts, pictures, lists
// with their lengths, tables with their rows, paragraphs.
func shapeOf(text string) []string {
	var shape []string
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		lines := strings.Count(block, "\n") + 1
		switch m := guidePart.FindStringSubmatch(block); {
		case m != nil:
			shape = append(shape, "part "+m[1])
		case strings.HasPrefix(block, "!["):
			shape = append(shape, "picture "+guidePicture.FindStringSubmatch(block)[1])
		case strings.HasPrefix(block, "|"):
			shape = append(shape, "table of "+strings.Repeat("|", lines))
		case strings.HasPrefix(block, "- "), strings.HasPrefix(block, "1. "):
			shape = append(shape, "list of "+strings.Repeat("-", lines))
		case lines > 1:
			shape = append(shape, "lines that the screen would join: "+block)
		default:
			shape = append(shape, "paragraph")
		}
	}
	return shape
}

// The guide is the same in each language, in the words of the screen and with the
// marks that its printers use.
func TestTheGuideIsOneInFiveLanguages(t *testing.T) {
	english := shapeOf(guideOf(t, "en"))
	for _, lang := range domain.Languages {
		t.Run(lang, func(t *testing.T) {
			text, words := guideOf(t, lang), wordsOf(t, lang)
			if got := shapeOf(text); !slices.Equal(got, english) {
				t.Errorf("it is made of\n%q, in English of\n%q", got, english)
			}
			var screen []string
			for _, w := range words.screen {
				screen = append(screen, w)
			}
			bold := boldForm.FindAllStringSubmatch(text, -1)
			for _, m := range bold {
				if !slices.Contains(screen, m[1]) {
					t.Errorf("the screen does not say %q", m[1])
				}
			}
			if len(bold) < 40 {
				t.Errorf("only %d words of the screen", len(bold))
			}
			plain := regexp.MustCompile("`[^`]+`|<a id=[^>]+>|!\\[|\\]\\([^)]+\\)|(?m:^\\|[-|]+$)").ReplaceAllString(text, "")
			if m := regexp.MustCompile(`.{0,20}(?:['"]|\.\.\.).{0,20}`).FindString(plain); m != "" {
				t.Errorf("typewriter marks: %q", m)
			}
			if m := regexp.MustCompile(`.{0,20}(?:[^\x{a0}:] ?[;?!»]|[\pL)] ?:|«[^\x{a0}]).{0,20}`).FindString(plain); lang == "fr" && m != "" {
				t.Errorf("it may break before a mark, or lacks the blank: %q", m)
			}
			if lang != "fr" && strings.Contains(strings.ReplaceAll(plain, "\u00a0%", ""), "\u00a0") {
				t.Error("it has blanks that hold")
			}
			if m := regexp.MustCompile(`(?i)\b(gross|heiss|ausser|weiss|daß|muß)\w*`).FindString(plain); lang == "de" && m != "" {
				t.Errorf("it is not spelt as in Germany: %q", m)
			}
		})
	}
}

// Words in bold in what administrators read are the screen's, but for those that end
// with a full stop, which begin a paragraph.
func TestAdministratorsReadTheScreensWords(t *testing.T) {
	b, err := os.ReadFile("../docs/administration.md")
	if err != nil {
		t.Fatal(err)
	}
	words, n := wordsOf(t, "en").screen, 0
	for _, m := range boldForm.FindAllStringSubmatch(string(b), -1) {
		if strings.HasSuffix(m[1], ".") {
			continue
		}
		n++
		if !slices.Contains(slices.Collect(maps.Values(words)), m[1]) {
			t.Errorf("the screen does not say %q", m[1])
		}
	}
	if n < 10 {
		t.Errorf("only %d words of the screen", n)
	}
}

// The round trip moves for a minute, and is small enough to be looked at anywhere.
func TestTheRoundTripTakesAMinute(t *testing.T) {
	b, err := os.ReadFile("../docs/guide/round-trip.gif")
	if err != nil {
		t.Fatal(err)
	}
	moving, err := gif.DecodeAll(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	hundredths := 0
	for _, d := range moving.Delay {
		hundredths += d
	}
	if len(b) > 1<<20 || len(moving.Image) < 6 || hundredths < 5_900 || hundredths > 6_100 {
		t.Errorf("%d bytes, %d pictures, %d hundredths of a second", len(b), len(moving.Image), hundredths)
	}
}

// Each page of the screen leads to a part of the guide that is there.
func TestTheHelpOfAPageIsThere(t *testing.T) {
	b, err := os.ReadFile("web/src/app.jsx")
	if err != nil {
		t.Fatal(err)
	}
	_, of, _ := strings.Cut(string(b), "function helpOf(")
	of, _, _ = strings.Cut(of, "\n}\n")
	var parts []string
	for _, m := range guidePart.FindAllStringSubmatch(guideOf(t, "en"), -1) {
		parts = append(parts, m[1])
	}
	found := 0
	for _, m := range regexp.MustCompile(`(?:return|\?|:|\|\|) '(\w+)'`).FindAllStringSubmatch(of, -1) {
		if found++; !slices.Contains(parts, m[1]) {
			t.Errorf("the guide has no part %s", m[1])
		}
	}
	if found < 12 {
		t.Errorf("only %d pages have help:\n%s", found, of)
	}
}
