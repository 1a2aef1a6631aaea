package emulator

import (
	"net"
	"path/filepath"
	"testing"
)

// A port that is free when it is chosen may be another program's a moment later.
func TestStartTakesAnotherPortWhenItsOwnIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	choose, chosen := freePort, 0
	defer func() { freePort = choose }()
	freePort = func() (int, error) {
		if chosen++; chosen == 1 {
			return port, nil
		}
		return choose()
	}
	e, err := Start(t.Context(), Options{Dir: filepath.Join(t.TempDir(), "emulator"), Remove: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	if chosen != 2 || e.Port == port || !Healthy(t.Context(), e.Endpoint) {
		t.Errorf("chose %d times and runs at %d, which was to be another than %d", chosen, e.Port, port)
	}
}
