// Command bundle makes the files of the Import screen from its sources: it
// bundles scripts and styles, names them by their content, writes their names
// into index.html, packs everything with gzip and brotli, and notes which
// sources it was made from.
//
//	bundle -src internal/web/src -guide docs/guide -out internal/web/dist
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	log.SetFlags(0)
	src := flag.String("src", "", "folder of the sources")
	guide := flag.String("guide", "", "folder of the documents that the sources import")
	out := flag.String("out", "", "folder of the bundle; what is in it is removed")
	flag.Parse()
	if *src == "" || *guide == "" || *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := bundle(*src, *guide, *out); err != nil {
		log.Fatal(err)
	}
}

func bundle(src, guide, out string) error {
	src, err := filepath.Abs(src)
	if err != nil {
		return err
	}
	out, err = filepath.Abs(out)
	if err != nil {
		return err
	}
	built := api.Build(api.BuildOptions{
		EntryPointsAdvanced: []api.EntryPoint{
			{InputPath: filepath.Join(src, "app.jsx"), OutputPath: "app"},
			{InputPath: filepath.Join(src, "style", "app.css"), OutputPath: "style"},
		},
		AbsWorkingDir:   src,
		Plugins:         []api.Plugin{documents},
		Loader:          map[string]api.Loader{".png": api.LoaderFile},
		AssetNames:      "[name]-[hash]",
		NodePaths:       []string{filepath.Join(src, "vendor")},
		Outdir:          filepath.Join(out, "assets"),
		Bundle:          true,
		Splitting:       true,
		Format:          api.FormatESModule,
		Target:          api.ES2022,
		Engines:         []api.Engine{{Name: api.EngineChrome, Version: "123"}, {Name: api.EngineFirefox, Version: "121"}, {Name: api.EngineSafari, Version: "17.5"}},
		JSX:             api.JSXAutomatic,
		JSXImportSource: "preact",
		Charset:         api.CharsetUTF8,
		EntryNames:      "[name]-[hash]",
		ChunkNames:      "[name]-[hash]",
		LegalComments:   api.LegalCommentsNone,
		MinifySyntax:    true, MinifyWhitespace: true, MinifyIdentifiers: true,
		LogLevel: api.LogLevelWarning,
		Metafile: true,
	})
	if len(built.Errors) > 0 {
		return fmt.Errorf("%d errors", len(built.Errors))
	}

	statics, err := imported(built.Metafile)
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	var script, style string
	for _, f := range built.OutputFiles {
		name := "assets/" + filepath.Base(f.Path)
		files[name] = f.Contents
		switch base := filepath.Base(f.Path); {
		case strings.HasPrefix(base, "app-"):
			script = "/" + name
		case strings.HasPrefix(base, "style-"):
			style = "/" + name
		}
	}
	page, err := os.ReadFile(filepath.Join(src, "index.html"))
	if err != nil {
		return err
	}
	page = bytes.ReplaceAll(page, []byte("{{script}}"), []byte(script))
	var preload strings.Builder
	for _, name := range statics {
		fmt.Fprintf(&preload, "<link rel=\"modulepreload\" href=\"%s\">\n", name)
	}
	page = bytes.ReplaceAll(page, []byte("{{preload}}\n"), []byte(preload.String()))
	files["index.html"] = bytes.ReplaceAll(page, []byte("{{style}}"), []byte(style))
	if files["icon.svg"], err = os.ReadFile(filepath.Join(src, "icon.svg")); err != nil {
		return err
	}

	if err := os.RemoveAll(out); err != nil {
		return err
	}
	for name, content := range files {
		if err := write(filepath.Join(out, name), content); err != nil {
			return err
		}
	}
	sum, err := sources(src, guide)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "sources.sha256"), []byte(sum+"\n"), 0o644)
}

// imported are the addresses of the files that the entry point needs at once,
// so that the page can ask for all of them together.
func imported(metafile string) ([]string, error) {
	var meta struct {
		Outputs map[string]struct {
			EntryPoint string
			Imports    []struct{ Path, Kind string }
		}
	}
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return nil, err
	}
	var out []string
	var follow func(name string)
	follow = func(name string) {
		for _, i := range meta.Outputs[name].Imports {
			if at := "/assets/" + filepath.Base(i.Path); i.Kind == "import-statement" && !slices.Contains(out, at) {
				out = append(out, at)
				follow(i.Path)
			}
		}
	}
	for name, o := range meta.Outputs {
		if o.EntryPoint == "app.jsx" {
			follow(name)
		}
	}
	slices.Sort(out)
	return out, nil
}

// write stores a file packed in two ways, or as it is if it is packed already.
func write(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if filepath.Ext(name) == ".png" {
		return os.WriteFile(name, content, 0o644)
	}
	var gz, br bytes.Buffer
	g, err := gzip.NewWriterLevel(&gz, gzip.BestCompression)
	if err != nil {
		return err
	}
	b := brotli.NewWriterLevel(&br, brotli.BestCompression)
	for _, w := range []io.WriteCloser{g, b} {
		if _, err := w.Write(content); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	if err := os.WriteFile(name+".gz", gz.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(name+".br", br.Bytes(), 0o644)
}
