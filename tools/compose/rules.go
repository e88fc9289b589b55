package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// rules are what this project demands of its compose file, beyond that it loads.
var rules = []func(*file) []string{
	eachService(healthy), eachService(restarted), eachService(pinned), eachService(bounded),
	eachService(dependsOnHealth), eachService(publishedOnLoopback), eachService(mounts),
	gpu, volumesUsed, secretsRequired, eachService(secretsGiven),
}

// eachService makes a rule of one that looks at one service.
func eachService(rule func(*file, types.ServiceConfig) string) func(*file) []string {
	return func(f *file) (problems []string) {
		for _, name := range f.project.ServiceNames() {
			if p := rule(f, f.project.Services[name]); p != "" {
				problems = append(problems, name+": "+p)
			}
		}
		return problems
	}
}

// once reports whether a service runs to its end: others wait for that.
func (f *file) once(name string) bool {
	for _, s := range f.project.Services {
		if d, ok := s.DependsOn[name]; ok && d.Condition == types.ServiceConditionCompletedSuccessfully {
			return true
		}
	}
	return false
}

func hasHealthCheck(s types.ServiceConfig) bool {
	h := s.HealthCheck
	return h != nil && !h.Disable && len(h.Test) > 0 && h.Test[0] != "NONE"
}

func healthy(f *file, s types.ServiceConfig) string {
	if hasHealthCheck(s) || f.once(s.Name) {
		return ""
	}
	return "has no health check, and no service waits for its end"
}

func restarted(f *file, s types.ServiceConfig) string {
	once := f.once(s.Name)
	switch {
	case once && strings.HasPrefix(s.Restart, "on-failure"), !once && s.Restart == "unless-stopped":
		return ""
	case once:
		return "runs to its end and must restart on-failure only"
	}
	return "must restart unless-stopped"
}

// pinned demands a tag with a number in it, or a digest.
func pinned(_ *file, s types.ServiceConfig) string {
	if s.Build != nil {
		return ""
	}
	if strings.Contains(s.Image, "@sha256:") {
		return ""
	}
	name := s.Image[strings.LastIndexByte(s.Image, '/')+1:]
	_, tag, _ := strings.Cut(name, ":")
	if strings.ContainsAny(tag, "0123456789") {
		return ""
	}
	return fmt.Sprintf("image %q is not pinned to a version", s.Image)
}

func bounded(_ *file, s types.ServiceConfig) string {
	if s.Deploy != nil && s.Deploy.Resources.Limits != nil && s.Deploy.Resources.Limits.MemoryBytes > 0 {
		return ""
	}
	return "has no memory limit"
}

// dependsOnHealth refuses to wait for a mere start where there is more to wait for.
func dependsOnHealth(f *file, s types.ServiceConfig) string {
	for _, name := range s.GetDependencies() {
		if s.DependsOn[name].Condition == types.ServiceConditionStarted && hasHealthCheck(f.project.Services[name]) {
			return fmt.Sprintf("waits only for the start of %s, which has a health check", name)
		}
	}
	return ""
}

func publishedOnLoopback(_ *file, s types.ServiceConfig) string {
	for _, p := range s.Ports {
		if p.HostIP != "127.0.0.1" {
			return fmt.Sprintf("publishes port %d beyond the loopback address by default", p.Target)
		}
	}
	return ""
}

// mounts demands of files of the repository that they are there and cannot be written.
func mounts(_ *file, s types.ServiceConfig) string {
	for _, v := range s.Volumes {
		switch {
		case v.Type == types.VolumeTypeVolume && v.Source == "":
			return fmt.Sprintf("keeps %s in a volume without a name", v.Target)
		case v.Type != types.VolumeTypeBind:
		case !v.ReadOnly:
			return fmt.Sprintf("may write to %s of the repository", filepath.Base(v.Source))
		default:
			if _, err := os.Stat(v.Source); err != nil {
				return fmt.Sprintf("mounts %s, which is not in the repository", filepath.Base(v.Source))
			}
		}
	}
	return ""
}

// gpu demands that the profile gpu is there and that all its services reserve one.
func gpu(f *file) (problems []string) {
	found := false
	for _, name := range f.project.ServiceNames() {
		s := f.project.Services[name]
		if !slices.Contains(s.Profiles, "gpu") {
			continue
		}
		found = true
		if !reservesGPU(s) {
			problems = append(problems, name+": has the profile gpu and reserves none")
		}
	}
	if !found {
		problems = append(problems, "no service has the profile gpu")
	}
	return problems
}

func reservesGPU(s types.ServiceConfig) bool {
	if s.Deploy == nil || s.Deploy.Resources.Reservations == nil {
		return false
	}
	return slices.ContainsFunc(s.Deploy.Resources.Reservations.Devices, func(d types.DeviceRequest) bool {
		return d.Driver == "nvidia" && slices.Contains(d.Capabilities, "gpu") && (len(d.IDs) > 0 || d.Count != 0)
	})
}

// volumesUsed finds declared volumes that no service mounts; that those mounted are
// declared is checked when the file is loaded.
func volumesUsed(f *file) (problems []string) {
	for _, volume := range f.project.VolumeNames() {
		used := false
		for _, s := range f.project.Services {
			used = used || slices.ContainsFunc(s.Volumes, func(v types.ServiceVolumeConfig) bool { return v.Source == volume })
		}
		if !used {
			problems = append(problems, "volume "+volume+" is declared and not used")
		}
	}
	return problems
}

var secretName = regexp.MustCompile(`(PASSWORD|PASSWD|_PWD|SECRET|TOKEN|_KEY|APIKEY)`)

// isSecret reports whether a variable's name says that its value is a secret. The id of
// a key is a name, not a secret.
func isSecret(name string) bool {
	name = strings.ToUpper(name)
	return secretName.MatchString(name) && !strings.HasSuffix(name, "_ID")
}

// optional reports whether a secret may be missing: keys of services of others.
func optional(name string) bool { return strings.HasPrefix(name, "OPENAI_") }
