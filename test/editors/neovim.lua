-- Drives the server as docs/editors/neovim.lua sets it up. FILE, SERVER (cli.js), CONFIG; CLANGD to run clangd beside it.
local failed = false
local function check(ok, what)
  io.stdout:write((ok and 'ok   ' or 'FAIL ') .. what .. '\n')
  failed = failed or not ok
end

local function client_named(name)
  for _, client in pairs(vim.lsp.get_active_clients()) do
    if client.name == name then return client end
  end
end

local function ours()
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(0)) do
    if one.source == 'dma-lens' then table.insert(found, one) end
  end
  return found
end

local ran, problem = pcall(function()
  vim.g.dma_lens_command = { 'node', vim.env.SERVER, 'lsp', '--stdio' }
  vim.g.dma_lens_settings = { delay = 0 }
  vim.cmd('luafile ' .. vim.env.CONFIG)
  vim.cmd('edit ' .. vim.env.FILE)
  if vim.env.CLANGD then
    local clangd = vim.lsp.start_client({ name = 'clangd', cmd = { vim.env.CLANGD }, root_dir = vim.fn.getcwd() })
    vim.lsp.buf_attach_client(0, clangd)
  end
  vim.bo.filetype = 'c'
  local function ask(name, method, params)
    local answer = client_named(name).request_sync(method, params, 20000, 0)
    assert(answer and not answer.err, method .. ' failed')
    return answer.result
  end

  check(vim.wait(60000, function() return #ours() > 0 end, 50), 'diagnostics arrive')
  local d = ours()[1]
  check(#ours() == 1 and d.code == 'unmap-with-mapped-count', 'line ' .. (d.lnum + 1) .. ': ' .. d.message)

  local function hover_at(name, line, column)
    vim.api.nvim_win_set_cursor(0, { line, column })
    return ask(name, 'textDocument/hover', vim.lsp.util.make_position_params())
  end
  local call = hover_at('dma-lens', 6, 15)
  check(call and call.contents.value:find('dma\\?_map\\?_sg') ~= nil, 'hover on a DMA call')
  check(call and call.contents.value:find('data:image') == nil, 'no picture for a terminal')
  check(hover_at('dma-lens', 4, 6) == nil or hover_at('dma-lens', 4, 6) == vim.NIL, 'no hover on another function')

  vim.api.nvim_win_set_cursor(0, { d.lnum + 1, d.col })
  local params = vim.lsp.util.make_range_params()
  params.context = { diagnostics = vim.lsp.diagnostic.get_line_diagnostics(0) } -- Keeps code and data of each diagnostic.
  local actions = ask('dma-lens', 'textDocument/codeAction', params)
  local titles = vim.tbl_map(function(one) return one.title end, actions)
  check(#actions == 2, 'code actions: ' .. table.concat(titles, '; '))

  if vim.env.CLANGD then
    check(vim.wait(60000, function() return #vim.diagnostic.get(0) > #ours() end, 50), 'clangd speaks as well')
    local theirs = hover_at('clangd', 4, 6)
    check(theirs and theirs.contents.value:find('editor_copy') ~= nil, 'clangd explains the function')
    vim.api.nvim_win_set_cursor(0, { d.lnum + 1, d.col })
    local same = {}
    for _, one in ipairs(ask('clangd', 'textDocument/codeAction', params) or {}) do
      if vim.tbl_contains(titles, one.title) then table.insert(same, one.title) end
    end
    check(#same == 0, 'no action is offered twice')
  end

  vim.lsp.util.apply_workspace_edit(actions[1].edit, 'utf-16')
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  check(text:find('dma_unmap_sg%(dev, sgl, nents') ~= nil, 'edit applied')
  check(vim.wait(60000, function() return #ours() == 0 end, 50), 'diagnostic gone after the fix')
  local id = client_named('dma-lens').id
  vim.lsp.stop_client(id)
  check(vim.wait(20000, function() return vim.lsp.get_client_by_id(id) == nil end, 50), 'server stops')
end)
check(ran, ran and 'no error' or tostring(problem))
vim.cmd(failed and 'cquit 1' or 'qall!')
