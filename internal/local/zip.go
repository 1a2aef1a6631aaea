package local

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/flate"
	"golang.org/x/sync/errgroup"
)

// zipFunctions puts each function that was built into a zip of its own in the place of
// its folder, and names the zips in the built template. SAM takes a zip as it is, and
// would make one itself in six times the processor's time.
func zipFunctions(built string) error {
	folders, err := filepath.Glob(filepath.Join(built, "*", "bootstrap"))
	if err != nil {
		return err
	}
	path := filepath.Join(built, "template.yaml")
	template, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var g errgroup.Group
	for _, bootstrap := range folders {
		folder := filepath.Dir(bootstrap)
		before := template
		template = bytes.Replace(template, []byte("CodeUri: "+filepath.Base(folder)+"\n"), []byte("CodeUri: "+filepath.Base(folder)+".zip\n"), 1)
		if bytes.Equal(before, template) {
			return fmt.Errorf("the built template does not name %s", folder)
		}
		g.Go(func() error {
			if err := zipProgram(folder+".zip", bootstrap); err != nil {
				return err
			}
			return os.RemoveAll(folder)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return os.WriteFile(path, template, 0o644)
}

// zipProgram writes a zip of one program. Its bytes depend on the program only, so that
// what did not change is not deployed again.
func zipProgram(to, program string) (err error) {
	in, err := os.Open(program)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() {
		if failed := out.Close(); err == nil {
			err = failed
		}
	}()
	z := zip.NewWriter(out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	h := &zip.FileHeader{Name: filepath.Base(program), Method: zip.Deflate}
	h.SetMode(0o755)
	w, err := z.CreateHeader(h)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, in); err != nil {
		return err
	}
	return z.Close()
}
