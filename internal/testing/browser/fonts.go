package browser

import (
	"embed"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Fonts are those that the browser has, whatever the machine has: how wide words
// are is the test's choice.
type Fonts string

// The fonts that there are: Liberation Sans is as wide as Arial, which most
// people see; DejaVu Sans, the only one of many Linux machines, is a sixth wider.
const (
	Narrow Fonts = "narrow"
	Wide   Fonts = "wide"
)

//go:embed fonts
var fontFiles embed.FS

// fontconfig names the one folder of fonts, and what the general names stand for.
var fontconfig = `<?xml version="1.0"?>
<fontconfig>
  <dir>{dir}</dir>
  <cachedir>{dir}/cache</cachedir>
  <alias binding="same"><family>sans-serif</family><prefer><family>{sans}</family></prefer></alias>
  <alias binding="same"><family>monospace</family><prefer><family>{mono}</family></prefer></alias>
</fontconfig>
`

// install writes the fonts into the folder, and returns the path of the
// configuration that has only them.
func (f Fonts) install(t testing.TB, dir string) string {
	t.Helper()
	entries, err := fontFiles.ReadDir("fonts/" + string(f))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := fontFiles.ReadFile("fonts/" + string(f) + "/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, e.Name()), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var escaped strings.Builder
	if err := xml.EscapeText(&escaped, []byte(dir)); err != nil {
		t.Fatal(err)
	}
	families := map[Fonts][2]string{Narrow: {"Liberation Sans", "Liberation Mono"}, Wide: {"DejaVu Sans", "DejaVu Sans Mono"}}[f]
	config := filepath.Join(dir, "fonts.conf")
	text := strings.NewReplacer("{dir}", escaped.String(), "{sans}", families[0], "{mono}", families[1]).Replace(fontconfig)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config
}
