"""What the packages of experimaestro ask of the operating system: files, locks, processes, hosts.

Below all packages that touch the disk or processes, so that each of these things is done in one
way, in one place. Only the standard library is used, and nothing is loaded before it is needed:

- `xpm_os.files`: files that are whole or absent;
- `xpm_os.jsonl`: files of JSON lines, appended to and read while they grow;
- `xpm_os.locks`: locks between processes;
- `xpm_os.trees`: folders with all that they hold: looked at, copied, removed;
- `xpm_os.staging`: folders that appear whole or not at all;
- `xpm_os.processes`: the identity of processes;
- `xpm_os.hosts`: the identity of this host.
"""
