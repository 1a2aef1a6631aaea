// Package fonts has the fonts that programs under test are given, so that how
// wide words are, and whether there is a font at all, is the test's choice and
// not the machine's.
package fonts

import (
	"embed"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Set is a family of fonts.
type Set string

// The sets that there are: Liberation Sans is as wide as Arial, which most people
// see; DejaVu Sans, the only one of many Linux machines, is a sixth wider.
const (
	Narrow Set = "narrow"
	Wide   Set = "wide"
)

//go:embed narrow wide
var files embed.FS

// config names the one folder of fonts, and what the general names stand for.
const config = `<?xml version="1.0"?>
<fontconfig>
  <dir>{dir}</dir>
  <cachedir>{dir}/cache</cachedir>
  <alias binding="same"><family>sans-serif</family><prefer><family>{sans}</family></prefer></alias>
  <alias binding="same"><family>monospace</family><prefer><family>{mono}</family></prefer></alias>
</fontconfig>
`

// Only puts the fonts into the folder and returns the variable of the environment
// by which a program has them and no other.
func Only(t testing.TB, set Set, dir string) string {
	t.Helper()
	entries, err := files.ReadDir(string(set))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, e := range entries {
		b, err := files.ReadFile(string(set) + "/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		write(e.Name(), b)
	}
	var escaped strings.Builder
	if err := xml.EscapeText(&escaped, []byte(dir)); err != nil {
		t.Fatal(err)
	}
	families := map[Set][2]string{Narrow: {"Liberation Sans", "Liberation Mono"}, Wide: {"DejaVu Sans", "DejaVu Sans Mono"}}[set]
	text := strings.NewReplacer("{dir}", escaped.String(), "{sans}", families[0], "{mono}", families[1]).Replace(config)
	return "FONTCONFIG_FILE=" + write("fonts.conf", []byte(text))
}
