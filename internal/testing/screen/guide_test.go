package screen_test

import (
	"bytes"
	"cmp"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rollbook/internal/testing/browser"
	"rollbook/internal/testing/dev"
)

var guide = flag.String("guide", "", "folder of the guide, ../../../docs/guide, to write its pictures into, and the round trip as one that moves")

// The round trip as the guide tells it, in each language, from the template to the
// undo. With -guide its pictures are made of it.
func TestTheRoundTripOfTheGuide(t *testing.T) {
	t.Parallel()
	languages := []string{"fr"}
	if *guide != "" {
		languages = []string{"en", "fr", "de", "it", "es"}
	}
	for _, lang := range languages {
		t.Run(lang, func(t *testing.T) {
			b := browser.New(t)
			region := map[string]string{"en": "en-GB", "fr": "fr-FR", "de": "de-DE", "it": "it-IT", "es": "es-ES"}
			s := stack(t, dev.Options{Contacts: 400})
			imports := sample(t, s)
			texts := words(t, lang)
			one := func(key string) string { return texts[key][""] }
			many := func(key string, n int) string {
				return strings.ReplaceAll(texts[key]["other"], "{n}", strconv.Itoa(n))
			}
			p := b.Page(browser.Options{Language: region[lang]})
			p.Open(s.URL)
			p.Press(one("landing.signIn"))
			p.SignIn("operator@aurora.example", dev.Password)
			p.Heading(one("imports.title"))
			p.Look(960, 600, false)
			var moving []*image.Paletted
			// keep makes a picture that begins with what the selector finds, or at the top;
			// one without a name is for the moving one alone.
			keep := func(name, from string) {
				t.Helper()
				p.Settled()
				if *guide == "" {
					return
				}
				at := paletted(t, p.View(from))
				moving = append(moving, at)
				if name == "" {
					return
				}
				var out bytes.Buffer
				if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, at); err != nil {
					t.Fatal(err)
				}
				if err := os.MkdirAll(filepath.Join(*guide, lang), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(*guide, lang, name+".png"), out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			p.Go("#/templates/new")
			p.Heading(one("templates.new"))
			p.Choose(one("templates.target"), "Subscribers")
			p.Until("/[0-9]/.test(document.querySelector('main').innerText)")
			keep("template", "")
			p.Go("#/new")
			p.Heading(one("new.title"))
			p.Upload("spring-season.csv", genres(t, s, "aurora", 160, "JAZZ"))
			p.SeeIn(".recognised", one("dataType.criteria"))
			keep("new", "")
			p.Go("#/imports/" + imports["test"].ID)
			p.See(many("result.test", 136))
			keep("test", ".result")
			p.See(many("mend.wrong", 12))
			keep("mend", ".mend[data-part=rejected]")
			p.Press(one("result.update"))
			p.See(many("update.ask", 136))
			keep("question", "")
			p.Press(one("result.update"))
			p.See(many("result.updated", 136))
			keep("update", "")
			p.Press(one("result.undo"))
			p.See(many("result.undoTest", 136))
			keep("", "")
			p.Press(one("result.undo.now"))
			p.See(many("result.undone", 136))
			if lang == "en" && *guide != "" {
				animate(t, filepath.Join(*guide, "round-trip.gif"), moving)
			}
			p.Go("#/imports/" + imports["columns"].ID + "/columns")
			p.Heading(one("match.title"))
			keep("match", "")
			p.Go("#/values")
			p.Heading(one("values.title"))
			keep("values", "")
		})
	}
}

// paletted has a picture in its 32 most frequent colours: what a page has beyond
// them are the edges of its letters.
func paletted(t *testing.T, b []byte) *image.Paletted {
	t.Helper()
	from, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[color.RGBA]int{}
	size := from.Bounds()
	for y := range size.Dy() {
		for x := range size.Dx() {
			counts[color.RGBAModel.Convert(from.At(x, y)).(color.RGBA)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(counts[b]-counts[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	var palette color.Palette
	for _, c := range colours[:min(32, len(colours))] {
		palette = append(palette, c)
	}
	to := image.NewPaletted(size, palette)
	draw.Draw(to, size, from, image.Point{}, draw.Src)
	return to
}

// animate writes pictures as one that shows each of them for some seconds, a minute
// in all.
func animate(t *testing.T, path string, of []*image.Paletted) {
	t.Helper()
	moving := gif.GIF{Image: of}
	for range of {
		moving.Delay = append(moving.Delay, 6000/len(of))
	}
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, &moving); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 1<<20 {
		t.Errorf("the moving picture takes %d bytes", out.Len())
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
