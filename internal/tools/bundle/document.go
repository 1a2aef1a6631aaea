package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

var picture = regexp.MustCompile(`!\[[^\]]*\]\(([^)]+)\)`)

// documents makes a module of a Markdown file: its text, and where its pictures are.
var documents = api.Plugin{Name: "documents", Setup: func(build api.PluginBuild) {
	build.OnLoad(api.OnLoadOptions{Filter: `\.md$`}, func(of api.OnLoadArgs) (api.OnLoadResult, error) {
		b, err := os.ReadFile(of.Path)
		if err != nil {
			return api.OnLoadResult{}, err
		}
		var imports, pictures strings.Builder
		for i, m := range picture.FindAllSubmatch(b, -1) {
			fmt.Fprintf(&imports, "import p%d from %q;\n", i, "./"+string(m[1]))
			fmt.Fprintf(&pictures, "%q: new URL(p%d, import.meta.url).href,\n", m[1], i)
		}
		code := fmt.Sprintf("%sexport const pictures = {%s};\nexport const text = %q;\n", &imports, &pictures, b)
		return api.OnLoadResult{Contents: &code, ResolveDir: filepath.Dir(of.Path), Loader: api.LoaderJS}, nil
	})
}}
